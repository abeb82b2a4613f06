import Foundation
import HTTPTypes
import Hummingbird

struct IssueRequest: Decodable, Sendable {
    let userId: String
    let name: Change<String>
    let image: Change<String>
    let custom: Change<[String: JSONValue]>
    let expiresIn: Int?

    enum CodingKeys: String, CodingKey {
        case userId, name, image, custom, expiresIn
    }

    struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        for key in try decoder.container(keyedBy: AnyKey.self).allKeys
        where CodingKeys(stringValue: key.stringValue) == nil {
            throw HTTPError(.badRequest, message: "unknown member \(key.stringValue)")
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.userId = try container.decode(String.self, forKey: .userId)
        self.name = try container.change(forKey: .name)
        self.image = try container.change(forKey: .image)
        self.custom = try container.change(forKey: .custom)
        self.expiresIn = try container.decodeIfPresent(Int.self, forKey: .expiresIn)
        try self.validate()
    }

    private func validate() throws {
        guard (1...255).contains(self.userId.utf8.count), self.userId.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
        else { throw HTTPError(.badRequest, message: "userId") }
        guard (self.name.value?.count ?? 0) <= 255 else { throw HTTPError(.badRequest, message: "name") }
        guard (60...86_400).contains(self.expiresIn ?? 60) else { throw HTTPError(.badRequest, message: "expiresIn") }
        if let image = self.image.value {
            guard image.utf8.count <= 2_048, let url = URL(string: image), url.host != nil,
                url.scheme == "https" || url.scheme == "http"
            else { throw HTTPError(.badRequest, message: "image") }
        }
    }
}

struct IssueResponse: ResponseEncodable {
    struct User: Encodable {
        let id: String
        let name: String?
        let image: String?
        let custom: [String: JSONValue]?
    }

    let token: String
    let wsToken: String
    let user: User
    let expiresIn: Int
    let expiresAt: String
    let refreshAfter: Int
    let grantId: String
}

struct IssueController: Sendable {
    let store: Store
    let tokens: Tokens

    func issue(_ request: Request, context: TenantContext) async throws -> EditedResponse<IssueResponse> {
        let key = try context.requireKey()
        let body = try await request.decode(as: IssueRequest.self, context: context)
        let custom = try body.custom.value.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
        guard (custom?.utf8.count ?? 0) <= 5_120 else { throw HTTPError(.badRequest, message: "custom") }
        let now = Date()
        let seconds = Int(now.timeIntervalSince1970)
        let stored = try await self.store.upsert(tenant: key.tenant, request: body, custom: custom, now: seconds)
        let lifetime = body.expiresIn ?? 86_400
        let grant = makeGrantID(milliseconds: UInt64(now.timeIntervalSince1970 * 1000))
        let issuer = self.tokens.issuer(key.tenant)
        let rest = RESTClaims(
            iss: issuer, sub: body.userId, aud: "chat-api", client_id: key.tenant, iat: seconds,
            exp: seconds + lifetime, jti: "\(grant).rest", scope: "chat:rest", akid: key.id)
        let ws = WSClaims(
            iss: issuer, sub: body.userId, aud: "chat-realtime", iat: seconds, exp: seconds + lifetime,
            jti: "\(grant).ws", scope: "chat:ws", info: .init(name: stored.name, image: stored.image),
            meta: .init(tenant: key.tenant), akid: key.id)
        let response = IssueResponse(
            token: try await self.tokens.sign(rest, type: "at+jwt", kid: key.kid),
            wsToken: try await self.tokens.sign(ws, type: "JWT", kid: key.kid),
            user: .init(
                id: body.userId, name: stored.name, image: stored.image,
                custom: try body.custom.value ?? stored.custom.map(Self.decodeCustom)),
            expiresIn: lifetime, expiresAt: now.addingTimeInterval(Double(lifetime)).formatted(.iso8601),
            refreshAfter: Int(Double(lifetime) * 5 / 6 * Double.random(in: 0.9...1)), grantId: grant)
        return EditedResponse(headers: [.cacheControl: "no-store"], response: response)
    }

    private static func decodeCustom(_ text: String) throws -> [String: JSONValue] {
        try JSONDecoder().decode([String: JSONValue].self, from: Data(text.utf8))
    }
}
