/// One entry of the change log, which every node tails to keep its memory in step with the database.
package struct Change: Sendable, Equatable {
    /// What changed.
    package enum Subject: Sendable, Hashable {
        /// A tenant's settings, or one of its signing keys.
        case tenant(Tenant.ID)
        /// An API key.
        case apiKey(APIKey.ID)
        /// Which of a user's tokens are honoured.
        case user(UserCutoff)
        /// A plan, and with it the limits of the tenants that have it.
        case plan(Plan.ID)
    }

    /// The entry's place in the log; grows, with gaps.
    package let sequence: Int64
    /// What changed.
    package let subject: Subject

    /// A log entry.
    package init(sequence: Int64, subject: Subject) {
        self.sequence = sequence
        self.subject = subject
    }
}

extension Change.Subject {
    /// The kind of what changed, as the log stores it.
    package var name: String {
        switch self {
        case .tenant: "tenant"
        case .apiKey: "api_key"
        case .user: "user"
        case .plan: "plan"
        }
    }

    /// The identifier of what changed, as the log stores it.
    package var id: String {
        switch self {
        case .tenant(let id): id.text
        case .apiKey(let id): id.text
        case .user(let cutoff): cutoff.text
        case .plan(let id): id.text
        }
    }
}
