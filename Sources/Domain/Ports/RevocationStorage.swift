/// Revocations as the database keeps them: an append-only log of its own, which every node tails.
package protocol RevocationStorage: Sendable {
    /// Stores revocations in one durable transaction, each with its entry of the audit log.
    ///
    /// A draft that an earlier revocation covers stores nothing; see ``RevocationDraft/settled(after:)``.
    /// - Returns: for each draft the revocation that is in force for it, in the same order.
    /// - Throws: `missing` where a tenant does not exist; then nothing is stored.
    func revoke(_ drafts: [RevocationDraft]) throws(StoreFailure) -> [Revocation]

    /// The place of the newest entry of the log; 0 where it is empty.
    func newestRevocation() throws(StoreFailure) -> Int64
    /// Entries after a place that are alive at `moment`, oldest first.
    ///
    /// Whoever goes on from the last entry read misses none, however late a transaction commits.
    /// - Parameters:
    ///   - sequence: the place.
    ///   - tenant: whose; nil: everybody's.
    ///   - moment: entries that have expired by then are left out.
    ///   - limit: the most that are returned.
    /// - Returns: the entries.
    /// - Throws: `unavailable` where the database does not answer, `corrupt` where a row breaks its rules.
    func revocations(after sequence: Int64, of tenant: Tenant.ID?, aliveAt moment: Timestamp, limit: Int)
        throws(StoreFailure) -> [Revocation]
    /// Hands over what memory has to know of every entry alive at `moment`, oldest first.
    ///
    /// - Returns: the place of the last; 0 where there is none.
    func forEachRevocation(
        aliveAt moment: Timestamp,
        _ body: (Tenant.ID, Revocation.Subject, _ cutoff: Timestamp, _ expires: Timestamp) -> Void
    ) throws(StoreFailure) -> Int64
    /// One revocation of the tenant, dead ones included; nil where there is none.
    func revocation(_ id: Revocation.ID, of tenant: Tenant.ID) throws(StoreFailure) -> Revocation?
    /// Deletes entries that have been dead for ``Revocation/retention`` at `moment`, at most so many.
    ///
    /// - Returns: how many were, or with `dryRun` would be.
    func pruneRevocations(at moment: Timestamp, limit: Int, dryRun: Bool) throws(StoreFailure) -> Int64

    /// Notes how far somebody has applied the log; a place never goes back.
    ///
    /// - Throws: `conflict` where the tenant has ``RevocationReader/mostPerTenant`` verifiers already.
    func note(_ reader: RevocationReader) throws(StoreFailure)
    /// Who has been heard of since `moment`: all nodes, and the verifiers of the tenant and of every tenant.
    func revocationReaders(of tenant: Tenant.ID, since moment: Timestamp) throws(StoreFailure) -> [RevocationReader]
}

/// Somebody who applies the log of revocations, and how far he has come.
package struct RevocationReader: Sendable, Equatable {
    /// What he is.
    package enum Kind: String, Sendable {
        /// A server of this deployment.
        case node
        /// A gateway that verifies by itself.
        case verifier
    }

    /// What he is.
    package let kind: Kind
    /// Whose verifier; nil: one for every tenant, or a node.
    package let tenant: Tenant.ID?
    /// His name, 1 to 64 bytes.
    package let name: String
    /// The place up to which he has applied everything.
    package let sequence: Int64
    /// When he last said so.
    package let seenAt: Timestamp

    /// The most verifiers of one tenant that are remembered.
    package static let mostPerTenant = 1_000
    /// Seconds after which whoever has said nothing is not listed.
    package static let patience: Int64 = 600

    /// A reader.
    package init(kind: Kind, tenant: Tenant.ID?, name: String, sequence: Int64, seenAt: Timestamp) {
        self.kind = kind
        self.tenant = tenant
        self.name = name
        self.sequence = sequence
        self.seenAt = seenAt
    }
}
