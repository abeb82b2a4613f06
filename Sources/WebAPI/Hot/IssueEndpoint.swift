internal import Domain
internal import NIOCore
internal import Tokens

/// `POST /tokens`.
struct IssueEndpoint: Sendable {
    let issue: IssueTokens
    let world: World

    /// A request whose key and scope are good, on its way to an answer; a class, since it is handed on from wait to
    /// wait.
    private final class Visit {
        let request: HotRequest
        let key: APIKey.ID
        let state: TenantState
        let workspace: Workspace
        let sink: any HotSink

        init(
            _ request: HotRequest, from key: APIKey.ID, of state: TenantState, _ workspace: Workspace,
            _ sink: any HotSink
        ) {
            self.request = request
            self.key = key
            self.state = state
            self.workspace = workspace
            self.sink = sink
        }

        func answer(_ response: consuming HotResponse) {
            sink.respond(response, to: request)
            workspace.recycle(response)
        }
    }

    func step(_ request: HotRequest, in workspace: Workspace, service: HotService, sink: any HotSink) -> HotStep {
        switch service.authenticate(request, needs: .issue) {
        case .refused(let failure): return .refuse(failure)
        case .load(let want): return .load(want)
        case .caller(let caller):
            // Operator and node keys belong to no tenant, so there is nobody to issue for.
            guard let state = caller.tenant else { return .refuse(.scopeMissing("tokens:issue")) }
            return admit(Visit(request, from: caller.key.id, of: state, workspace, sink), service: service)
        }
    }

    private func admit(_ visit: Visit, service: HotService) -> HotStep {
        guard let decision = issue.spend(visit.state, now: world.monotonicNanoseconds()) else {
            ask(visit, service: service)
            return .waiting
        }
        guard let response = proceed(visit, decision, service: service) else { return .waiting }
        return .respond(response)
    }

    /// Has the limit that all nodes share decide, and goes on from there.
    private func ask(_ visit: Visit, service: HotService) {
        let waiting = NIOLoopBound(visit, eventLoop: visit.workspace.loop)
        visit.workspace.outbox.add(visit.state.allowance, issue: issue) { result in
            let visit = waiting.value
            guard case .success(let decision) = result else {
                return service.refuse(visit.request, with: .storageUnavailable, sink: visit.sink)
            }
            if let response = proceed(visit, decision, service: service) { visit.answer(response) }
        }
    }

    /// What a request becomes under its limit: an answer, or nil where its user is on the way to the database.
    private func proceed(_ visit: Visit, _ decision: RateLimit.Decision, service: HotService) -> HotResponse? {
        let body = visit.request.body
        do throws(Failure) {
            guard decision.isAllowed else {
                throw .rateLimited(visit.state.limit, retryAfter: decision.resetSeconds)
            }
            guard visit.request.headers.isJSON else { throw .unsupportedMediaType }
            let wish = try IssueBody.read(body.readableBytesUInt8Span, scanner: &visit.workspace.scanner)
            let grant = visit.workspace.grants.next(at: world.now())
            let command = try issue.command(for: wish, apiKey: visit.key, of: visit.state, grant: grant)
            submit(command, of: visit, decision, service: service)
            return nil
        } catch {
            return refusal(error, of: visit, decision, service)
        }
    }

    private func submit(
        _ command: IssueCommand, of visit: Visit, _ decision: RateLimit.Decision, service: HotService
    ) {
        let waiting = NIOLoopBound(visit, eventLoop: visit.workspace.loop)
        visit.workspace.outbox.add(command, issue: issue) { result in
            let visit = waiting.value
            var response: HotResponse
            do throws(Failure) {
                response = try self.response(user: try result.get(), command.draft, decision, visit.workspace)
            } catch {
                response = refusal(error, of: visit, decision, service)
            }
            visit.answer(response)
        }
    }

    private func refusal(
        _ failure: Failure, of visit: Visit, _ decision: RateLimit.Decision, _ service: HotService
    ) -> HotResponse {
        var response = service.problem(failure, for: visit.request)
        // A quota says all there is to say about when to come back.
        if case .quotaExceeded = failure { return response }
        RateLimitFields.append(visit.state.limit, decision, to: &response.fields)
        return response
    }

    private func response(
        user: User, _ draft: TokenDraft, _ decision: RateLimit.Decision, _ workspace: Workspace
    ) throws(Failure) -> HotResponse {
        var response = workspace.response(status: 200)
        response.fields.append(text: "Content-Type: application/json\r\nCache-Control: no-store\r\n")
        RateLimitFields.append(draft.state.limit, decision, to: &response.fields)
        do throws(TokenFailure) {
            response.body.append(text: "{\"token\":\"")
            try draft.appendToken(.rest, for: user, payload: &workspace.payload, to: &response.body)
            response.body.append(text: "\",\"wsToken\":\"")
            try draft.appendToken(.ws, for: user, payload: &workspace.payload, to: &response.body)
        } catch {
            throw .internalError
        }
        response.body.append(text: "\",\"user\":")
        UserJSON.append(user, to: &response.body)
        appendTimes(draft, to: &response.body)
        return response
    }

    private func appendTimes(_ draft: TokenDraft, to out: inout [UInt8]) {
        let life = draft.expiresAt.seconds - draft.issuedAt.seconds
        out.append(text: ",\"expiresIn\":")
        JSONText.appendInteger(life, to: &out)
        out.append(text: ",\"expiresAt\":\"")
        draft.expiresAt.appendRFC3339(to: &out)
        out.append(text: "\",\"refreshAfter\":")
        JSONText.appendInteger(IssueTokens.refreshAfter(life: life, grant: draft.grant), to: &out)
        out.append(text: ",\"grantId\":\"")
        draft.grant.append(to: &out)
        out.append(text: "\"}")
    }
}

/// A user as the API shows one: every field present, `null` where nothing is stored.
enum UserJSON {
    static func append(_ user: User, to out: inout [UInt8]) {
        out.append(text: "{\"id\":")
        out.append(json: user.id.text)
        out.append(text: ",\"name\":")
        append(user.name, to: &out)
        out.append(text: ",\"image\":")
        append(user.image, to: &out)
        out.append(text: ",\"custom\":")
        if let custom = user.custom { out.append(contentsOf: custom) } else { out.append(text: "null") }
        out.append(text: "}")
    }

    private static func append(_ text: String?, to out: inout [UInt8]) {
        if let text { out.append(json: text) } else { out.append(text: "null") }
    }
}

/// The fields of draft-ietf-httpapi-ratelimit-headers (September 2025).
enum RateLimitFields {
    static func append(_ limit: RateLimit, _ decision: RateLimit.Decision, to out: inout [UInt8]) {
        out.append(text: "RateLimit-Policy: \"tenant\";q=")
        JSONText.appendInteger(Int64(limit.burst), to: &out)
        out.append(text: ";w=")
        JSONText.appendInteger(limit.window, to: &out)
        out.append(text: "\r\nRateLimit: \"tenant\";r=")
        JSONText.appendInteger(Int64(decision.remaining), to: &out)
        out.append(text: ";t=")
        JSONText.appendInteger(decision.resetSeconds, to: &out)
        out.append(text: "\r\n")
    }
}
