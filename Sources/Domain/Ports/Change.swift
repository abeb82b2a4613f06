/// One entry of the change log, which every node tails to keep its memory in step with the database.
package struct Change: Sendable, Equatable {
    /// What changed.
    package enum Subject: Sendable, Hashable {
        /// A tenant's settings, or one of its signing keys.
        case tenant(Tenant.ID)
        /// An API key.
        case apiKey(APIKey.ID)
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
