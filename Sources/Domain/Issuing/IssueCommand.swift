/// One accepted `POST /tokens` on its way to the database; a class, since it is handed on from queue to queue.
package final class IssueCommand: Sendable {
    /// What becomes of the user.
    package let change: UserChange
    /// The month the pair counts in.
    package let month: Month
    /// How many pairs the tenant may have in that month.
    package let quota: Int64
    /// The tokens that will be signed once the user is durable.
    package let draft: TokenDraft

    /// A command with the given fields.
    package init(change: UserChange, month: Month, quota: Int64, draft: TokenDraft) {
        self.change = change
        self.month = month
        self.quota = quota
        self.draft = draft
    }

    /// The tenant that asked.
    package var tenant: Tenant.ID { draft.state.tenant.id }
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
