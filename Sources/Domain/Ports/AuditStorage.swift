/// The audit log in the database; entries are appended, one chain for each tenant and one for the operator.
///
/// Acts of management append theirs in their own transaction: see the methods of ``Storage`` that take a draft.
package protocol AuditStorage: Sendable {
    /// Appends events that come with no other change, in order, in one durable transaction.
    func record(_ drafts: [AuditDraft]) throws(StoreFailure)
    /// Entries of a chain that fit the query, in the order it asks for.
    func auditEntries(of tenant: Tenant.ID?, _ query: AuditQuery) throws(StoreFailure) -> [AuditEntry]
    /// The newest place of the chain; ``AuditLink/start(of:)`` where it is empty.
    func auditHead(of tenant: Tenant.ID?) throws(StoreFailure) -> AuditLink
    /// The numbers of the first entry from a moment on and of the last before another; nil: there is none between.
    ///
    /// What is nil reaches to the end of the chain.
    func auditSpan(
        of tenant: Tenant.ID?, from: Timestamp?, to: Timestamp?
    ) throws(StoreFailure) -> ClosedRange<Int64>?

    /// Chains that have grown since their last checkpoint, if that was signed before `moment`, or if they have grown
    /// by `most` entries; the longest due first.
    func unsealedChains(
        sealedBefore moment: Timestamp, or most: Int64, limit: Int
    ) throws(StoreFailure) -> [AuditLink]
    /// Stores checkpoints, in one transaction; of a place that has one already the first stays.
    func add(_ checkpoints: [AuditCheckpoint]) throws(StoreFailure)
    /// The checkpoints of a chain's places in the range, in order.
    func auditCheckpoints(
        of tenant: Tenant.ID?, in range: ClosedRange<Int64>
    ) throws(StoreFailure) -> [AuditCheckpoint]

    /// The keys that sign checkpoints, newest first.
    func auditKeys() throws(StoreFailure) -> [SealedAuditKey]
    /// Stores the first such key unless there is one, and returns the one in force.
    func addFirst(_ key: SealedAuditKey) throws(StoreFailure) -> SealedAuditKey
}

/// Which entries of a chain are wanted; what is nil does not matter.
package struct AuditQuery: Sendable {
    /// The action's name.
    package var action: String?
    /// Who acted, word for word.
    package var actor: String?
    /// Entries from this moment on, and before that one.
    package var from: Timestamp?, to: Timestamp?
    /// Entries with a number above this, and below that one.
    package var after: Int64?, before: Int64?
    /// The most entries, at least 1.
    package var limit: Int
    /// Whether the newest come first.
    package var isNewestFirst: Bool

    /// All entries, as many as the limit allows.
    package init(limit: Int, isNewestFirst: Bool = true) {
        self.limit = limit
        self.isNewestFirst = isNewestFirst
    }
}
