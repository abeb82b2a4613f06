internal import Domain
internal import Hummingbird
internal import NIOCore
internal import Tokens

/// `POST /oauth2/revoke` (RFC 7009): ends the grant of a token, for who speaks OAuth 2.0.
struct OAuthRevokeEndpoint: Sendable {
    let service: HotService
    let desk: RevocationDesk
    let world: World

    private static let bodyLimit = 16 * 1_024

    func answer(_ request: Request, _ context: MainContext) async throws -> Response {
        do throws(Failure) {
            try await revoke(request, context)
        } catch {
            let problem = Problem(failure: error).response(
                requestID: context.requestID, publicURL: service.directory.deployment.publicURL)
            return OAuthClient.marked(problem).converted()
        }
        var response = HotResponse(status: 200)
        response.fields.append(text: "Cache-Control: no-store\r\n")
        return response.converted()
    }

    private func revoke(_ request: Request, _ context: MainContext) async throws(Failure) {
        let headers = HotHeaders(request)
        let key = OAuthClient.apiKey(in: headers, prefix: service.directory.deployment.keyPrefix)
        let caller = try await service.caller(key, needs: .revoke, in: context)
        guard headers.isForm else { throw .formExpected }
        let text = try await Self.token(of: request)
        // What is no token of the caller's has nothing to be revoked, and that is not told (RFC 7009 §2.2).
        guard let token = RevokedToken(text, publicURL: service.directory.deployment.publicURL),
            let tenant = tenant(of: token, for: caller)
        else { return }
        let origin = AuditOrigin(
            actor: "\(caller.key.owner.tenant == nil ? "operator key" : "key") \(caller.key.id)",
            address: context.client?.description, requestID: context.requestID)
        let draft = RevocationDraft(tenant: tenant, subject: .grant(token.grant), by: origin, at: world.now())
        do throws(Failure) {
            _ = try await desk.revoke(draft, of: token.user, on: context.loop)
        } catch .notFound {
            // A token of a tenant that is gone.
        }
    }

    private static func token(of request: Request) async throws(Failure) -> String {
        let buffer: ByteBuffer
        do {
            buffer = try await request.wholeBody(limit: bodyLimit)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .internalError
        }
        let body = buffer.readableBytesUInt8Span
        return String(decoding: try TokenForm.token(in: body).bytes(in: body), as: UTF8.self)
    }

    /// The tenant whose token it is, if the caller acts for it.
    private func tenant(of token: RevokedToken, for caller: Caller) -> Tenant.ID? {
        if let own = caller.tenant {
            return token.issuer.utf8.elementsEqual(own.issuer) ? own.tenant.id : nil
        }
        let prefix = "\(service.directory.deployment.publicURL)/t/"
        guard token.issuer.utf8.starts(with: prefix.utf8) else { return nil }
        return Tenant.ID(String(decoding: token.issuer.utf8.dropFirst(prefix.utf8.count), as: UTF8.self))
    }
}
