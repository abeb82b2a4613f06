internal import Tokens

/// `POST /tokens`: decides a request, has the user stored, and signs the pair.
package struct IssueTokens: Sendable {
    private let directory: Directory
    private let batcher: Batcher<IssueCommand, IssueOutcome>
    private let sharedLimits: SharedLimitQueue?

    /// The use case over what lives in memory and the way to the database; without shared limits those of this node
    /// are all there are.
    package init(
        directory: Directory, batcher: Batcher<IssueCommand, IssueOutcome>, sharedLimits: SharedLimitQueue? = nil
    ) {
        self.directory = directory
        self.batcher = batcher
        self.sharedLimits = sharedLimits
    }

    /// The limits of one request of the caller, and of its user where it is known; nil for a key of the operator.
    package func spending(of caller: Caller, for user: User.ID? = nil) -> Spending? {
        directory.spending(of: caller, for: user)
    }

    /// Spends one request of its limits at the monotonic time `now`; nil, and nothing is spent, where the limits are
    /// shared and have to be asked for by `spend(_:replyOn:)`.
    package func spend(_ spending: Spending, now: Int64) -> LimitVerdict? {
        guard sharedLimits == nil else { return nil }
        return spending.spend(now: now)
    }

    /// Spends requests of shared limits; each reply is called exactly once, on `queue` or at once.
    package func spend(
        _ requests: [(item: Spending, reply: SharedLimitQueue.Reply)], replyOn queue: any ReplyQueue
    ) {
        guard let sharedLimits else { preconditionFailure("there are no shared limits to ask") }
        sharedLimits.submit(requests, replyOn: queue)
    }

    /// Decides what the request will become.
    ///
    /// - Parameters:
    ///   - request: the body after its checks.
    ///   - apiKey: the caller's key.
    ///   - state: the caller's tenant.
    ///   - grant: the identifier of the pair, whose birth is the pair's time of issue.
    /// - Returns: what is to be stored, and the pair to be signed afterwards.
    /// - Throws: `invalidRequest` for a life outside the tenant's range, `storageUnavailable` for
    ///   a tenant without an active key.
    package func command(
        for request: IssueRequest, apiKey: APIKey.ID, of state: TenantState, grant: Grant.ID
    ) throws(Failure) -> IssueCommand {
        // A tenant without an active key is half set up; that is the operator's to mend, not the caller's.
        guard let signer = state.signer else { throw .storageUnavailable }
        let life = request.expiresIn ?? state.tenant.tokenLife
        guard (Tenant.shortestTokenLife...state.tenant.tokenLife).contains(life) else {
            let range = "\(Tenant.shortestTokenLife) to \(state.tenant.tokenLife)"
            throw .invalidRequest(
                "The request has a field that is not acceptable.",
                [Failure.Field("expiresIn", "must be an integer from \(range) (seconds)")])
        }
        let draft = TokenDraft(
            state: state, signer: signer, deployment: directory.deployment, apiKey: apiKey, grant: grant,
            issuedAt: grant.birth, expiresAt: grant.birth.adding(seconds: Int64(life)), channels: request.channels,
            label: request.label)
        return IssueCommand(
            change: request.change, month: Month(of: grant.birth), quota: state.tenant.quota,
            isQuotaShadowed: state.tenant.shadow.contains(.quota), draft: draft,
            refresh: request.refresh ? refreshable(draft, user: request.change.id, life: Int64(life)) : nil)
    }

    private func refreshable(_ draft: TokenDraft, user: User.ID, life: Int64) -> RefreshableGrant {
        RefreshableGrant(
            tenant: draft.state.tenant.id, id: draft.grant,
            terms: RefreshTerms(
                user: user, apiKey: draft.apiKey, life: life, channels: draft.channels, label: draft.label),
            endsAt: directory.deployment.refresh.end(of: draft.grant, at: draft.issuedAt))
    }

    /// Milliseconds by which a grant may be born ahead of this node's clock.
    private static let mostAhead: Int64 = 5_000

    /// When a grant is born that is asked for at `now`: then, or as soon as no revocation voids it.
    ///
    /// Whoever has his tokens revoked and asks for new ones gets good ones, also where the clock of this node is behind
    /// that of the one that revoked; by more than five seconds it must not be.
    package func birth(
        at now: Timestamp, for request: IssueRequest, apiKey: APIKey.ID, of state: TenantState
    ) -> Timestamp {
        let revocations = directory.revocations
        // Nearly always: no cut-off is ahead of the clock.
        guard now.milliseconds < revocations.newestCutoff else { return now }
        let cutoff = revocations.cutoff(
            of: state.revocations, grant: nil, user: request.change.id.text.utf8.span, apiKey: apiKey.text.utf8.span,
            signingKey: (state.signer?.key.kid ?? "").utf8.span, label: (request.label?.text ?? "").utf8.span, at: now)
        return Timestamp(milliseconds: min(max(now.milliseconds, cutoff), now.milliseconds + Self.mostAhead))
    }

    /// Takes the stored user, or why there is none.
    package typealias Reply = @Sendable (Result<User, Failure>) -> Void

    /// Has commands carried out; each reply is called on `queue` once its user is durable or its command failed.
    package func submit(_ commands: [(command: IssueCommand, reply: Reply)], replyOn queue: any ReplyQueue) {
        let items = commands.map { command, reply in
            (item: command, reply: { @Sendable result in reply(Self.result(of: result, for: command)) })
        }
        let accepted = batcher.submit(items, replyOn: queue)
        for (_, reply) in commands.dropFirst(accepted) { reply(.failure(.storageUnavailable)) }
    }

    private static func result(
        of result: Result<IssueOutcome, StoreFailure>, for command: IssueCommand
    ) -> Result<User, Failure> {
        switch result {
        case .failure: .failure(.storageUnavailable)
        case .success(let outcome): settled(outcome, for: command)
        }
    }

    /// The user as stored, or what the client is told instead.
    static func settled(_ outcome: IssueOutcome, for command: IssueCommand) -> Result<User, Failure> {
        switch outcome {
        case .issued(let user): .success(user)
        case .quotaExceeded: .failure(.quotaExceeded(of: command.quota, at: command.at))
        case .userDeactivated: .failure(.userDeactivated)
        case .tokenTooLarge: .failure(.tokenTooLarge)
        }
    }

    /// Seconds until a client should come back for new tokens: 5/6 of their life less a jitter of up to 10 %, so
    /// that a crowd which logged in together does not come back together.
    package static func refreshAfter(life: Int64, grant: Grant.ID) -> Int64 {
        let target = life * 5 / 6
        let jitter = target / 10
        return target - (jitter > 0 ? Int64(grant.low % UInt64(jitter + 1)) : 0)
    }
}
