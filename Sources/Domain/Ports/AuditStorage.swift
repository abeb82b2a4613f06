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
