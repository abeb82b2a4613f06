internal import Tokens

/// `POST /tokens/refresh`: a new pair and a new refresh token for the newest one of a grant.
///
/// The new tokens belong to the same grant: whatever revokes the grant, its user, its key or its tenant up to some
/// moment revokes them too, however late they were made, and ends the refreshing.
package struct RefreshTokens: Sendable {
    /// A pair that is ready to be signed.
    package struct Renewal: Sendable {
        /// The user as stored.
        package let user: User
        /// The pair.
        package let draft: TokenDraft
        /// The refresh token to hand out.
        package let token: RefreshToken
    }

    private let directory: Directory
    private let revocations: Revocations
    private let storage: any Storage
    private let world: World
    private let onTheft: @Sendable (Tenant.ID, User.ID) -> Void

    /// The use case over memory and database.
    ///
    /// - Parameters:
    ///   - directory: what lives in memory.
    ///   - revocations: what learns that a grant was revoked.
    ///   - storage: the database.
    ///   - world: the clock.
    ///   - onTheft: told whose grant was revoked since somebody had a copy of an old token.
    package init(
        directory: Directory, revocations: Revocations, storage: any Storage, world: World,
        onTheft: @escaping @Sendable (Tenant.ID, User.ID) -> Void = { _, _ in }
    ) {
        self.directory = directory
        self.revocations = revocations
        self.storage = storage
        self.world = world
        self.onTheft = onTheft
    }

    /// Renews; blocks, so call it on a storage thread.
    ///
    /// - Parameters:
    ///   - token: what the client showed, found genuine.
    ///   - state: its tenant, which is active.
    ///   - origin: who shows it, for the audit log.
    /// - Returns: the pair, or why there is none.
    /// - Throws: what the storage throws.
    package func callAsFunction(
        _ token: RefreshToken, of state: TenantState, by origin: AuditOrigin
    ) throws(StoreFailure) -> Result<Renewal, Failure> {
        guard let signer = state.signer else { return .failure(.storageUnavailable) }
        let now = world.now()
        let command = RefreshCommand(
            token: token, signingKey: signer.key.kid, month: Month(of: now), quota: state.tenant.quota,
            isQuotaShadowed: state.tenant.shadow.contains(.quota), at: now,
            endsAt: directory.deployment.refresh.end(of: token.grant, at: now))
        switch try storage.refresh(command) {
        case .ended: return .failure(.refreshTokenInvalid)
        case .userDeactivated: return .failure(.userDeactivated)
        case .quotaExceeded:
            return .failure(.quotaExceeded(of: command.quota, at: now))
        case .reused(let user):
            try end(token, by: origin, at: now)
            onTheft(token.tenant, user)
            return .failure(.refreshTokenReused)
        case .refreshed(let user, let terms, let counter):
            if let refusal = directory.cutoffs.refusal(token.tenant, user.id, born: token.grant.birth) {
                return .failure(refusal == .userDeactivated ? .userDeactivated : .refreshTokenInvalid)
            }
            let life = min(terms.life, Int64(state.tenant.tokenLife))
            let draft = TokenDraft(
                state: state, signer: signer, deployment: directory.deployment, apiKey: terms.apiKey,
                grant: token.grant, issuedAt: now, expiresAt: now.adding(seconds: life), channels: terms.channels,
                label: terms.label)
            // The client keeps its token, which stays good as the one before the newest.
            guard draft.admits(user) else { return .failure(.tokenTooLarge) }
            let next = RefreshToken(tenant: token.tenant, grant: token.grant, counter: counter)
            return .success(Renewal(user: user, draft: draft, token: next))
        }
    }

    /// Revokes a grant of which somebody has a copy of an old token: nobody can tell who is the thief.
    private func end(_ token: RefreshToken, by origin: AuditOrigin, at moment: Timestamp) throws(StoreFailure) {
        let audit = AuditDraft(
            .refreshReused, for: token.tenant, by: origin, target: "grant \(token.grant)",
            after: ["counter": JSON(Int64(token.counter))], at: moment)
        let revocation = try storage.endRefreshing(
            token.grant, of: token.tenant, because: "an old refresh token was shown", recording: audit)
        guard let revocation else { return }
        // In force here at once, whether or not the log can be read now.
        directory.revocations.insert(revocation)
        try? revocations.catchUp()
    }
}
