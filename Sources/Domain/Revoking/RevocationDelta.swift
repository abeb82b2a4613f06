internal import Synchronization

/// What came into the log within some milliseconds, as verifiers are told of it.
package final class RevocationDelta: Sendable {
    /// The entries of each tenant, oldest first.
    package let entries: [Tenant.ID: [Revocation]]
    /// The place up to which this is everything.
    package let through: Int64
    let count: Int
    /// Signed once for all who are told.
    private let documents = Mutex<[Tenant.ID: [UInt8]]>([:])

    init(_ revocations: [Revocation], through: Int64) {
        entries = Dictionary(grouping: revocations, by: \.tenant)
        count = revocations.count
        self.through = through
    }

    /// The tenant's document as it was made before, or as `make` makes it now.
    package func document<Trouble: Error>(
        of tenant: Tenant.ID, make: ([Revocation]) throws(Trouble) -> [UInt8]?
    ) throws(Trouble) -> [UInt8]? {
        guard let own = entries[tenant] else { return nil }
        if let made = documents.withLock({ $0[tenant] }) { return made }
        guard let made = try make(own) else { return nil }
        documents.withLock { $0[tenant] = made }
        return made
    }

    /// Whether there is something for who is told of this tenant, or with nil of all.
    func concerns(_ tenant: Tenant.ID?) -> Bool {
        tenant.map { entries[$0] != nil } ?? true
    }
}
