internal import Domain
internal import Hummingbird
internal import Tokens

/// `POST /tokens/refresh`.
///
/// The client itself asks, without an API key: the refresh token is the credential. A token that is not ours costs
/// one hash and no look-up; a genuine one counts against the tenant's rate limit and quota as `POST /tokens` does, and
/// against a limit of its grant's own, on the terms of the limit by user.
struct RefreshEndpoint: Sendable {
    let service: HotService
    let issue: IssueTokens
    let key: RefreshKey
    let refresh: RefreshTokens
    let world: World

    private static let bodyLimit = 4 * 1_024

    func answer(_ request: Request, _ context: MainContext) async throws -> Response {
        guard HotHeaders(request).isJSON else { throw Failure.unsupportedMediaType }
        let text = try Self.token(in: try await request.wholeBody(limit: Self.bodyLimit))
        guard let token = RefreshToken(text, key: key) else { throw Failure.refreshTokenInvalid }
        guard service.directory.isFresh(now: world.monotonicNanoseconds()) else { throw Failure.storageUnavailable }
        guard let state = try await service.tenant(token.tenant, on: context.loop) else {
            throw Failure.refreshTokenInvalid
        }
        guard state.tenant.status == .active else { throw Failure.tenantSuspended }
        let spending = service.directory.spending(of: state, refreshing: token.grant)
        let verdict = try await spend(spending, context)
        var response: HotResponse
        do throws(Failure) {
            if let policy = verdict.refusedBy, let decision = verdict[policy], let limit = spending.limit(policy) {
                throw .rateLimited(policy, limit, retryAfter: decision.resetSeconds)
            }
            response = try Self.response(try await renew(token, of: state, context), key)
        } catch {
            response = Problem(failure: error)
                .response(requestID: context.requestID, publicURL: service.directory.deployment.publicURL)
            // A quota says all there is to say about when to come back.
            if case .quotaExceeded = error { return response.converted() }
        }
        RateLimitFields.append(spending, verdict, to: &response.fields)
        return response.converted()
    }

    private static func token(in body: ByteBuffer) throws(Failure) -> String {
        var fields = JSONFields(try JSON.read(body))
        let token = fields.required("refreshToken", as: .string)
        try fields.finishRequest()
        guard let token else { throw .internalError }
        return token
    }

    /// Spends one request of the limits, this node's own or those that all nodes share.
    private func spend(_ spending: Spending, _ context: MainContext) async throws(Failure) -> LimitVerdict {
        if let verdict = issue.spend(spending, now: world.monotonicNanoseconds()) { return verdict }
        let result = await withCheckedContinuation { continuation in
            let reply: SharedLimitQueue.Reply = { continuation.resume(returning: $0) }
            issue.spend([(item: spending, reply: reply)], replyOn: LoopReplies(loop: context.loop))
        }
        guard case .success(let verdict) = result else { throw .storageUnavailable }
        return verdict
    }

    private func renew(
        _ token: RefreshToken, of state: TenantState, _ context: MainContext
    ) async throws(Failure) -> RefreshTokens.Renewal {
        let origin = AuditOrigin(actor: "client", address: context.client?.description, requestID: context.requestID)
        return try await service.onStorageThread(for: context.loop) { [refresh] () throws(StoreFailure) in
            try refresh(token, of: state, by: origin)
        }.get()
    }

    private static func response(_ renewal: RefreshTokens.Renewal, _ key: RefreshKey) throws(Failure) -> HotResponse {
        var response = HotResponse(status: 200)
        response.fields.append(text: "Content-Type: application/json\r\nCache-Control: no-store\r\n")
        var payload: [UInt8] = []
        do throws(TokenFailure) {
            try PairJSON.append(
                renewal.draft, for: renewal.user, refreshToken: try renewal.token.text(key), payload: &payload,
                to: &response.body)
        } catch {
            throw .internalError
        }
        return response
    }
}
