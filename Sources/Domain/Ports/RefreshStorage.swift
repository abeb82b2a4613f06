/// Grants that can be refreshed, as the database keeps them: one row each, with the counter of the newest token.
package protocol RefreshStorage: Sendable {
    /// The sealed key of refresh tokens; nil where none was stored yet.
    func refreshKey() throws(StoreFailure) -> [UInt8]?
    /// Stores the sealed key unless there is one, and returns the one that is in force.
    func setRefreshKey(_ sealed: [UInt8], at moment: Timestamp) throws(StoreFailure) -> [UInt8]

    /// Counts a pair against the tenant's quota and moves the grant's counter on, all in one durable transaction.
    ///
    /// The newest token moves the counter; the one before it, retried, leaves it where it is. What is refused changes
    /// nothing. A grant that any revocation voids has ended, whether or not that is known in memory.
    func refresh(_ command: RefreshCommand) throws(StoreFailure) -> RefreshOutcome
    /// Forgets a grant whose token was reused and revokes it, so that none of its tokens works any more, in one durable
    /// transaction.
    ///
    /// - Parameters:
    ///   - grant: the grant.
    ///   - tenant: whose it is.
    ///   - reason: why, for the record of the revocation.
    ///   - audit: the entry of the audit log.
    /// - Returns: its revocation; nil where there was no such grant to forget: then nothing is recorded.
    /// - Throws: `unavailable` where the database does not answer.
    func endRefreshing(
        _ grant: Grant.ID, of tenant: Tenant.ID, because reason: String, recording audit: AuditDraft
    ) throws(StoreFailure) -> Revocation?
    /// Deletes grants that could not be refreshed any more at the moment, at most so many.
    ///
    /// - Returns: how many were, or with `dryRun` would be.
    func pruneRefreshing(at moment: Timestamp, limit: Int, dryRun: Bool) throws(StoreFailure) -> Int64
}

/// One accepted `POST /tokens/refresh` on its way to the database.
package struct RefreshCommand: Sendable {
    /// What the client showed, found genuine.
    package let token: RefreshToken
    /// The `kid` of the key that is to sign the pair.
    package let signingKey: String
    /// The month the pair counts in.
    package let month: Month
    /// How many pairs the tenant may have in that month.
    package let quota: Int64
    /// Whether pairs beyond the quota are issued all the same, and only counted as such.
    package let isQuotaShadowed: Bool
    /// When it was asked for.
    package let at: Timestamp
    /// When the grant ends after this refresh, unless it is refreshed again.
    package let endsAt: Timestamp

    /// A command with the given fields.
    package init(
        token: RefreshToken, signingKey: String, month: Month, quota: Int64, isQuotaShadowed: Bool = false,
        at moment: Timestamp,
        endsAt: Timestamp
    ) {
        self.token = token
        self.signingKey = signingKey
        self.month = month
        self.quota = quota
        self.isQuotaShadowed = isQuotaShadowed
        at = moment
        self.endsAt = endsAt
    }

    /// Whose revocation since the birth of the grant ends it.
    package func subjects(of terms: RefreshTerms) -> [Revocation.Subject] {
        [
            .grant(token.grant), .user(terms.user), .userHash(UserReference(token.tenant, terms.user)),
            .apiKey(terms.apiKey), .signingKey(signingKey), .tenant,
        ] + (terms.label.map { [.label($0)] } ?? [])
    }

    /// The quota that refuses, and the one that only counts; one of them is out of the way.
    package var quotas: (enforced: Int64, shadowed: Int64?) {
        isQuotaShadowed ? (.max, quota) : (quota, nil)
    }
}

/// What became of a ``RefreshCommand``.
package enum RefreshOutcome: Sendable, Equatable {
    /// One pair was counted; the counter is that of the token to hand out.
    case refreshed(User, RefreshTerms, counter: UInt32)
    /// There is no such grant, it has ended or was revoked, or the API key or the user that it is for are no more.
    case ended
    /// The token is older than the one before the newest: somebody has a copy of what is this user's.
    case reused(User.ID)
    case userDeactivated
    case quotaExceeded
}
