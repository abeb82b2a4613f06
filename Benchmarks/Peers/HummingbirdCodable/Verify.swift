import Foundation
import HTTPTypes
import Hummingbird
import JWTKit

struct VerifyRequest: Decodable {
    enum Kind: String, Codable { case rest, ws }

    let token: String
    let expect: Kind
}

struct VerifyResponse<Claims: Encodable & Sendable>: ResponseEncodable {
    var valid = true
    let kind: VerifyRequest.Kind
    let tenant: String
    let userId: String
    let grantId: String
    let issuedAt: String
    let expiresAt: String
    let expiresIn: Int
    let claims: Claims
}

struct InvalidResponse: ResponseEncodable {
    var valid = false
    let code: String
    let detail: String
}

/// What both verify endpoints need of either kind of claims.
protocol PairClaims: JWTPayload {
    var iss: String { get }
    var sub: String { get }
    var aud: String { get }
    var iat: Int { get }
    var exp: Int { get }
    var jti: String { get }
}

extension RESTClaims: PairClaims {}
extension WSClaims: PairClaims {}

struct VerifyController: Sendable {
    let tokens: Tokens

    func post(_ request: Request, context: TenantContext) async throws -> Response {
        let key = try context.requireKey()
        let body = try await request.decode(as: VerifyRequest.self, context: context)
        switch body.expect {
        case .rest: return try await self.answer(RESTClaims.self, body, key, request, context)
        case .ws: return try await self.answer(WSClaims.self, body, key, request, context)
        }
    }

    func get(_ request: Request, context: TenantContext) async throws -> Response {
        let key = try context.requireKey()
        guard let kind = request.uri.queryParameters["expect"].flatMap({ VerifyRequest.Kind(rawValue: String($0)) }),
            let token = request.headers[.authorization], token.hasPrefix("Bearer ")
        else { throw HTTPError(.unauthorized, headers: [.wwwAuthenticate: "Bearer"]) }
        let claims: any PairClaims
        do {
            let token = String(token.dropFirst(7))
            switch kind {
            case .rest: claims = try await self.check(RESTClaims.self, token, audience: "chat-api", key)
            case .ws: claims = try await self.check(WSClaims.self, token, audience: "chat-realtime", key)
            }
        } catch is JWTError {
            throw HTTPError(.unauthorized, headers: [.wwwAuthenticate: "Bearer error=\"invalid_token\""])
        }
        let user = claims.sub.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? ""
        return Response(
            status: .noContent,
            headers: [.chatTenant: key.tenant, .chatUser: user, .chatGrant: String(claims.jti.prefix(36))])
    }

    private func answer<Claims: PairClaims>(
        _ type: Claims.Type, _ body: VerifyRequest, _ key: APIKey, _ request: Request, _ context: TenantContext
    ) async throws -> Response {
        let audience = body.expect == .rest ? "chat-api" : "chat-realtime"
        do {
            let claims = try await self.check(type, body.token, audience: audience, key)
            let answer = VerifyResponse(
                kind: body.expect, tenant: key.tenant, userId: claims.sub, grantId: String(claims.jti.prefix(36)),
                issuedAt: Date(timeIntervalSince1970: Double(claims.iat)).formatted(.iso8601),
                expiresAt: Date(timeIntervalSince1970: Double(claims.exp)).formatted(.iso8601),
                expiresIn: claims.exp - Int(Date().timeIntervalSince1970), claims: claims)
            return try answer.response(from: request, context: context)
        } catch let error as JWTError {
            let code = error.errorType == .signatureVerificationFailed ? "token_signature_invalid" : "token_malformed"
            return try InvalidResponse(code: code, detail: error.errorType.description)
                .response(from: request, context: context)
        }
    }

    private func check<Claims: PairClaims>(
        _ type: Claims.Type, _ token: String, audience: String, _ key: APIKey
    ) async throws -> Claims {
        let claims = try await self.tokens.keys.verify(token, as: type)
        guard claims.iss == self.tokens.issuer(key.tenant), claims.aud == audience else {
            throw JWTError.claimVerificationFailure(failedClaim: nil, reason: "wrong issuer or audience")
        }
        return claims
    }
}
