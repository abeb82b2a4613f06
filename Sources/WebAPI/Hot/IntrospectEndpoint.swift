internal import Domain
internal import NIOCore
internal import Tokens

/// `POST /oauth2/introspect` (RFC 7662), answered as a JWT (RFC 9701) to who asks for one.
struct IntrospectEndpoint: Sendable {
    let world: World

    func step(_ request: HotRequest, in workspace: Workspace, service: HotService) -> HotStep {
        let key = OAuthClient.apiKey(in: request.headers, prefix: service.directory.deployment.keyPrefix)
        switch service.authenticate(key, of: request, needs: .verify) {
        case .refused(let failure): return .respond(OAuthClient.refusal(failure, of: request, service))
        case .load(let want): return .load(want)
        case .caller(let caller):
            do throws(Failure) {
                return try answer(request, to: caller, in: workspace, service: service)
            } catch {
                return .respond(OAuthClient.refusal(error, of: request, service))
            }
        }
    }

    private func answer(
        _ request: HotRequest, to caller: Caller, in workspace: Workspace, service: HotService
    ) throws(Failure) -> HotStep {
        guard request.headers.isForm else { throw .formExpected }
        let buffer = request.body
        let body = buffer.readableBytesUInt8Span
        let token = try TokenForm.token(in: body)
        let outcome: VerifyToken.Outcome
        if token.hasEscapes {
            let bytes = token.bytes(in: body)
            outcome = workspace.verify(bytes.span, expect: nil, caller: caller)
        } else {
            outcome = workspace.verify(body.extracting(token.range), expect: nil, caller: caller)
        }
        guard case .verdict(let verdict) = outcome else {
            guard case .load(let want) = outcome else { throw .internalError }
            return .load(want)
        }
        if MediaType.accepts(request.headers.accept, MediaType.signedIntrospection),
            let signed = try signed(verdict, for: caller, in: workspace, service: service)
        {
            return .respond(signed)
        }
        var response = workspace.response(status: 200)
        response.fields.append(text: "Content-Type: application/json\r\nCache-Control: no-store\r\n")
        IntrospectionJSON.append(verdict, service.directory.deployment, to: &response.body)
        return .respond(response)
    }

    /// The answer as a JWT of the token's tenant, or of the caller's for a token that is not active.
    ///
    /// Nil where there is no such tenant, which happens to node keys with tokens of nobody, or where the tenant has no
    /// key to sign with: then the plain answer is all there is, and who insists on a signature takes it for a no.
    private func signed(
        _ verdict: Verdict, for caller: Caller, in workspace: Workspace, service: HotService
    ) throws(Failure) -> HotResponse? {
        var state = caller.tenant
        if case .valid(let token) = verdict, case .present(let issuer) = service.directory.tenant(token.tenant) {
            state = issuer
        }
        guard let state, state.ring.active != nil else { return nil }
        var response = workspace.response(status: 200)
        response.fields.append(
            string: "Content-Type: \(MediaType.signedIntrospection)\r\nCache-Control: no-store\r\n")
        var object: [UInt8] = []
        IntrospectionJSON.append(verdict, service.directory.deployment, to: &object)
        do throws(TokenFailure) {
            try state.appendIntrospection(object, for: caller.key.id, at: world.now(), to: &response.body)
        } catch {
            throw .internalError
        }
        return response
    }
}

/// The form of the OAuth 2.0 endpoints that take a token.
enum TokenForm {
    /// Where the token is; `token_type_hint` and parameters that are not known are passed over (RFC 6749 §3.2).
    static func token(in body: Span<UInt8>) throws(Failure) -> FormFields.Text {
        var fields = FormFields()
        var token: FormFields.Text?
        while let field = try fields.next(body) {
            guard field.name.equals("token", in: body) else { continue }
            guard token == nil else { throw refusal("must be given once") }
            token = field.value
        }
        // A parameter without a value is as good as none (RFC 6749 §3.2).
        guard let token, !token.range.isEmpty else { throw refusal("is required") }
        return token
    }

    private static func refusal(_ detail: String) -> Failure {
        .invalidRequest(Failure.unacceptable, [Failure.Field("token", detail)])
    }
}

/// Media types of RFC 9110 §8.3.1.
enum MediaType {
    /// What RFC 9701 §5 calls a signed answer.
    static let signedIntrospection = "application/token-introspection+jwt"

    /// Whether an `Accept` field asks for exactly this type; a wildcard does not.
    static func accepts(_ field: String?, _ type: String) -> Bool {
        // What nearly every client sends, told without taking the field apart.
        guard let field, field.utf8.count >= type.utf8.count else { return false }
        return field.lowercased().split(separator: ",").contains { range in
            let parts = range.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard parts.first == type else { return false }
            let quality = parts.dropFirst().first { $0.hasPrefix("q=") }
            return quality.map { (Double($0.dropFirst(2)) ?? 0) > 0 } ?? true
        }
    }
}
