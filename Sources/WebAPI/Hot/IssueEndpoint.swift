internal import Domain
internal import NIOCore
internal import Tokens

/// `POST /tokens`.
struct IssueEndpoint: Sendable {
    let issue: IssueTokens
    let world: World

    func step(_ request: HotRequest, in workspace: Workspace, service: HotService) -> HotStep {
        switch service.authenticate(request.headers.apiKey, needs: .issue) {
        case .refused(let failure): return .refuse(failure)
        case .load(let want): return .load(want)
        case .caller(let caller):
            // Operator and node keys belong to no tenant, so there is nobody to issue for.
            guard let state = caller.tenant else { return .refuse(.scopeMissing("tokens:issue")) }
            return admit(request, from: caller.key.id, of: state, in: workspace, service: service)
        }
    }

    private func admit(
        _ request: HotRequest, from key: APIKey.ID, of state: TenantState, in workspace: Workspace,
        service: HotService
    ) -> HotStep {
        let decision = issue.spend(state, now: world.monotonicNanoseconds())
        var fields: [UInt8] = []
        RateLimitFields.append(state.limit, decision, to: &fields)
        guard decision.isAllowed else {
            let failure = Failure.rateLimited(state.limit, retryAfter: decision.resetSeconds)
            return .respond(service.problem(failure, for: request).with(fields))
        }
        do throws(Failure) {
            guard request.headers.isJSON else { throw .unsupportedMediaType }
            let body = try IssueBody.read(request.body.readableBytesUInt8Span, scanner: &workspace.scanner)
            let grant = workspace.grants.next(at: world.now())
            let command = try issue.command(for: body, apiKey: key, of: state, grant: grant)
            return .later { reply in submit(command, fields: fields, in: workspace, request, service, reply) }
        } catch {
            return .respond(service.problem(error, for: request).with(fields))
        }
    }

    private func submit(
        _ command: IssueCommand, fields: [UInt8], in workspace: Workspace, _ request: HotRequest,
        _ service: HotService, _ reply: @escaping @Sendable (Result<HotResponse, Failure>) -> Void
    ) {
        let waiting = NIOLoopBound((request, workspace), eventLoop: workspace.loop)
        issue.submit(command, replyOn: workspace.replies) { result in
            let (request, workspace) = waiting.value
            do throws(Failure) {
                let response = try self.response(user: try result.get(), command.draft, in: workspace)
                reply(.success(response.with(fields)))
            } catch {
                // The quota says all there is to say about when to come back.
                if case .quotaExceeded = error { return reply(.failure(error)) }
                reply(.success(service.problem(error, for: request).with(fields)))
            }
        }
    }

    private func response(user: User, _ draft: TokenDraft, in workspace: Workspace) throws(Failure) -> HotResponse {
        var response = HotResponse(status: 200)
        response.body.reserveCapacity(2_048)
        response.fields.append(text: "Content-Type: application/json\r\nCache-Control: no-store\r\n")
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
        let life = draft.expiresAt.seconds - draft.issuedAt.seconds
        response.body.append(text: ",\"expiresIn\":")
        JSONText.appendInteger(life, to: &response.body)
        response.body.append(text: ",\"expiresAt\":\"")
        draft.expiresAt.appendRFC3339(to: &response.body)
        response.body.append(text: "\",\"refreshAfter\":")
        JSONText.appendInteger(IssueTokens.refreshAfter(life: life, grant: draft.grant), to: &response.body)
        response.body.append(text: ",\"grantId\":\"")
        draft.grant.append(to: &response.body)
        response.body.append(text: "\"}")
        return response
    }
}

extension HotResponse {
    /// The answer with more header lines.
    func with(_ fields: [UInt8]) -> HotResponse {
        var response = self
        response.fields.append(contentsOf: fields)
        return response
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
        out.reserveCapacity(96)
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
