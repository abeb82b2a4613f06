internal import Synchronization

/// What came into the log within some milliseconds, as verifiers are told of it.
package final class RevocationDelta: Sendable {
    /// The entries of each tenant, oldest first.
    package let entries: [Tenant.ID: [Revocation]]
    /// The place up to which this is everything.
    package let through: Int64
    /// When the last of it voids no token any more.
    let lastsUntil: Timestamp
    private let count: Int
    /// Signed once for all who are told, by the key that signs then.
    private let documents = Mutex<[Tenant.ID: (kid: String?, bytes: [UInt8])]>([:])

    init(_ revocations: ArraySlice<Revocation>, through: Int64) {
        entries = Dictionary(grouping: revocations, by: \.tenant)
        lastsUntil = revocations.map(\.expiresAt).max() ?? Timestamp(milliseconds: 0)
        count = revocations.count
        self.through = through
    }

    /// The tenant's document as it was made before, or as `make` makes it now; nil where nothing is about the tenant.
    ///
    /// One that a former key signed is made anew: verifiers may no longer have that key.
    package func document<Trouble: Error>(
        of tenant: Tenant.ID, signedBy kid: String?, make: ([Revocation]) throws(Trouble) -> [UInt8]
    ) throws(Trouble) -> [UInt8]? {
        guard let own = entries[tenant] else { return nil }
        if let made = documents.withLock({ $0[tenant] }), made.kid == kid { return made.bytes }
        let made = try make(own)
        documents.withLock { $0[tenant] = (kid, made) }
        return made
    }

    /// How many entries there are for who is told of this tenant, or with nil of all.
    package func count(of tenant: Tenant.ID?) -> Int {
        tenant.map { entries[$0]?.count ?? 0 } ?? count
    }

    /// Whether there is something for who is told of this tenant, or with nil of all.
    func concerns(_ tenant: Tenant.ID?) -> Bool {
        tenant.map { entries[$0] != nil } ?? true
    }
}

extension [RevocationDelta] {
    /// The index of the first that says something after the place.
    func partition(after sequence: Int64) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].through <= sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
