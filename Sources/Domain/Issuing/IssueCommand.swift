/// One accepted `POST /tokens` on its way to the database; a class, since it is handed on from queue to queue.
package final class IssueCommand: Sendable {
    /// What becomes of the user.
    package let change: UserChange
    /// The month the pair counts in.
    package let month: Month
    /// How many pairs the tenant may have in that month.
    package let quota: Int64
    /// Whether pairs beyond the quota are issued all the same, and only counted as such.
    package let isQuotaShadowed: Bool
    /// The tokens that will be signed once the user is durable.
    package let draft: TokenDraft
    /// The grant as it is stored to be refreshed; nil: it is not to be.
    package let refresh: RefreshableGrant?

    /// A command with the given fields.
    package init(
        change: UserChange, month: Month, quota: Int64, isQuotaShadowed: Bool = false, draft: TokenDraft,
        refresh: RefreshableGrant? = nil
    ) {
        self.change = change
        self.month = month
        self.quota = quota
        self.isQuotaShadowed = isQuotaShadowed
        self.draft = draft
        self.refresh = refresh
    }

    /// The tenant that asked.
    package var tenant: Tenant.ID { draft.state.tenant.id }
    /// The quota that refuses, and the one that only counts; one of them is out of the way.
    package var quotas: (enforced: Int64, shadowed: Int64?) {
        isQuotaShadowed ? (.max, quota) : (quota, nil)
    }
    /// The day (UTC) and the API key that the pair counts for.
    package var day: Day { Day(of: at) }
    /// The API key that asked.
    package var apiKey: APIKey.ID { draft.apiKey }
    /// When the request was accepted.
    package var at: Timestamp { draft.issuedAt }
}

/// What became of an ``IssueCommand``.
package enum IssueOutcome: Sendable, Equatable {
    /// The user is durable as given here, and one pair was counted.
    case issued(User)
    /// The tenant's pairs of the month are used up; nothing changed.
    case quotaExceeded
    /// The user may not be issued tokens; nothing changed.
    case userDeactivated
    /// A token of the pair would be too long; nothing changed.
    case tokenTooLarge
}
