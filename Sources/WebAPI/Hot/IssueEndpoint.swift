internal import Domain
internal import NIOCore
internal import Tokens

/// `POST /tokens`.
///
/// A class, since every request that waits for the database holds on to it.
final class IssueEndpoint: Sendable {
    private let issue: IssueTokens
    private let once: IssueOnce
    private let refreshKey: RefreshKey
    private let world: World

    init(issue: IssueTokens, once: IssueOnce, refreshKey: RefreshKey, world: World) {
        self.issue = issue
        self.once = once
        self.refreshKey = refreshKey
        self.world = world
    }

    /// A request whose key and scope are good, on its way to an answer; a class, since it is handed on from wait to
    /// wait.
    private final class Visit {
        let request: HotRequest
        let caller: Caller
        let state: TenantState
        let workspace: Workspace
        let sink: any HotSink
        /// The body, once it was read.
        var wish: Result<IssueRequest, Failure>?
        let spending: Spending
        var verdict = LimitVerdict.pending
        /// The answer as far as it could be written while the database works.
        var begun: (response: HotResponse, tokens: Int)?
        var isAnswered = false

        init?(
            _ request: HotRequest, from caller: Caller, _ workspace: Workspace, _ sink: any HotSink, issue: IssueTokens
        ) {
            guard let state = caller.tenant else { return nil }
            self.request = request
            self.caller = caller
            self.state = state
            self.workspace = workspace
            self.sink = sink
            var user: User.ID?
            // Only a limit by user has to know whom the request is for before it may cost anything.
            if state.userLimit != nil {
                let wish = Self.read(request, in: workspace)
                user = try? wish.get().change.id
                self.wish = wish
            }
            guard let spending = issue.spending(of: caller, for: user) else { return nil }
            self.spending = spending
        }

        /// The request in the body; read once.
        func read() throws(Failure) -> IssueRequest {
            try (wish ?? Self.read(request, in: workspace)).get()
        }

        private static func read(_ request: HotRequest, in workspace: Workspace) -> Result<IssueRequest, Failure> {
            let body = request.body
            return Result { () throws(Failure) in
                guard request.headers.isJSON else { throw .unsupportedMediaType }
                return try IssueBody.read(body.readableBytesUInt8Span, scanner: &workspace.scanner)
            }
        }

        func answer(_ response: consuming HotResponse) {
            isAnswered = true
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
            guard let visit = Visit(request, from: caller, workspace, sink, issue: issue) else {
                return .refuse(.scopeMissing("tokens:issue"))
            }
            return admit(visit, service: service)
        }
    }

    private func admit(_ visit: Visit, service: HotService) -> HotStep {
        guard let verdict = issue.spend(visit.spending, now: world.monotonicNanoseconds()) else {
            ask(visit, service: service)
            return .waiting
        }
        visit.verdict = verdict
        guard let response = proceed(visit, service: service) else { return .waiting }
        return .respond(response)
    }

    /// Has the limits that all nodes share decide, and goes on from there.
    private func ask(_ visit: Visit, service: HotService) {
        let waiting = NIOLoopBound(visit, eventLoop: visit.workspace.loop)
        visit.workspace.outbox.add(visit.spending, issue: issue) { [self] result in
            let visit = waiting.value
            guard case .success(let verdict) = result else {
                return service.refuse(visit.request, with: .storageUnavailable, sink: visit.sink)
            }
            visit.verdict = verdict
            if let response = proceed(visit, service: service) { visit.answer(response) }
        }
    }

    /// What a request becomes under its limits: an answer, or nil where its user is on the way to the database.
    private func proceed(_ visit: Visit, service: HotService) -> HotResponse? {
        if !visit.verdict.shadowed.isEmpty { note(visit.verdict.shadowed, of: visit) }
        do throws(Failure) {
            if let policy = visit.verdict.refusedBy, let decision = visit.verdict[policy],
                let limit = visit.spending.limit(policy)
            {
                throw .rateLimited(policy, limit, retryAfter: decision.resetSeconds)
            }
            let wish = try visit.read()
            let birth = issue.birth(at: world.now(), for: wish, apiKey: visit.caller.held.id, of: visit.state)
            let grant = visit.workspace.grants.next(at: birth)
            let command = try issue.command(
                for: wish, apiKey: visit.caller.held.id, of: visit.state, grant: grant)
            if let key = visit.request.headers.idempotencyKey {
                try submit(command, once: key, of: visit, service: service)
            } else {
                submit(command, of: visit, service: service)
            }
            return nil
        } catch {
            return refusal(error, of: visit, service)
        }
    }

    private func note(_ shadowed: LimitPolicies, of visit: Visit) {
        for policy in shadowed.all { visit.caller.held.tally?.note(.shadow(policy)) }
    }

    private func submit(_ command: IssueCommand, of visit: Visit, service: HotService) {
        let waiting = NIOLoopBound(visit, eventLoop: visit.workspace.loop)
        visit.workspace.outbox.add(command, issue: issue) { [self] result in
            let visit = waiting.value
            var response: HotResponse
            do throws(Failure) {
                response = try self.response(user: try result.get(), command, visit)
                visit.workspace.signsAhead = true
            } catch {
                response = refusal(error, of: visit, service)
                visit.workspace.signsAhead = false
            }
            visit.answer(response)
        }
        if command.draft.isCostly, visit.workspace.signsAhead {
            visit.workspace.spareTime.use { [self] in begin(command, of: visit) }
        }
    }

    /// Signs what can be signed before the user is stored; nothing of it leaves the process until he is.
    private func begin(_ command: IssueCommand, of visit: Visit) {
        guard !visit.isAnswered else { return }
        var response = response(to: visit)
        // What fails now fails once more, and is told, when the user is stored.
        guard
            let tokens = try? PairJSON.appendTokens(
                command.draft, for: command.change.applied(to: nil), payload: &visit.workspace.payload,
                to: &response.body,
                where: { command.draft.isSettled($0, by: command.change) })
        else { return }
        visit.begun = (response, tokens)
    }

    /// The same where the request may come again: then it gets the same answer.
    private func submit(
        _ command: IssueCommand, once text: String, of visit: Visit, service: HotService
    ) throws(Failure) {
        guard let key = IdempotencyKey(text, of: visit.caller.held.id) else {
            throw .invalidRequest(
                "The request has a field that is not acceptable.",
                [Failure.Field("Idempotency-Key", "must be 1 to \(IdempotencyKey.longest) printable ASCII characters")])
        }
        let body = visit.request.body
        let waiting = NIOLoopBound(visit, eventLoop: visit.workspace.loop)
        once.submit(
            command, key: key, request: SHA256.digest(body.readableBytesUInt8Span), replyOn: visit.workspace.replies
        ) { [self] user throws(TokenFailure) in
            var body: [UInt8] = []
            var payload: [UInt8] = []
            try PairJSON.append(
                command.draft, for: user, refreshToken: try refreshToken(command), payload: &payload, to: &body)
            return body
        } reply: { [self] result in
            let visit = waiting.value
            switch result {
            case .success(let answer):
                var response = response(to: visit)
                if answer.isRepeated { response.fields.append(text: "Idempotent-Replayed: true\r\n") }
                response.body.append(contentsOf: answer.body)
                visit.answer(response)
            case .failure(let failure): visit.answer(refusal(failure, of: visit, service))
            }
        }
    }

    private func refusal(_ failure: Failure, of visit: Visit, _ service: HotService) -> HotResponse {
        visit.caller.held.tally?.note(.refusal(failure.code))
        var response = service.problem(failure, for: visit.request)
        // A quota says all there is to say about when to come back.
        if case .quotaExceeded = failure { return response }
        RateLimitFields.append(visit.spending, visit.verdict, to: &response.fields)
        return response
    }

    private func response(
        user: User, _ command: IssueCommand, _ visit: Visit
    ) throws(Failure) -> HotResponse {
        var (response, tokens) = visit.begun ?? (response(to: visit), 0)
        visit.begun = nil
        do throws(TokenFailure) {
            try PairJSON.append(
                command.draft, for: user, refreshToken: try refreshToken(command), signed: tokens,
                payload: &visit.workspace.payload, to: &response.body)
        } catch {
            throw .internalError
        }
        return response
    }

    /// A good answer that has no body yet.
    private func response(to visit: Visit) -> HotResponse {
        var response = visit.workspace.response(status: 200)
        response.fields.append(text: "Content-Type: application/json\r\nCache-Control: no-store\r\n")
        RateLimitFields.append(visit.spending, visit.verdict, to: &response.fields)
        return response
    }

    private func refreshToken(_ command: IssueCommand) throws(TokenFailure) -> String? {
        guard let grant = command.refresh else { return nil }
        return try RefreshToken(tenant: grant.tenant, grant: grant.id, counter: 0).text(refreshKey)
    }
}
