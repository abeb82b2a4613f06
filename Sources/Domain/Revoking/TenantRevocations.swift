internal import Synchronization

/// What is known of one tenant's revocations without a look-up: which kinds there are, and the cut-off of them all.
///
/// Outlives the tenant's ``TenantState``. A tenant that has revoked nothing lately costs a verification one comparison.
package final class TenantRevocations: Sendable {
    /// Stands for the tenant in the keys of the entries.
    let number: UInt64
    /// Milliseconds since 1970 before which every grant of the tenant is void.
    private let cutoff = Atomic<Int64>(0)
    /// Milliseconds since 1970 until which any entry, and any of a kind, is alive.
    private let last = Atomic<Int64>(0)
    private let lastGrant = Atomic<Int64>(0), lastUser = Atomic<Int64>(0), lastKey = Atomic<Int64>(0)
    private let lastSigningKey = Atomic<Int64>(0), lastLabel = Atomic<Int64>(0)

    /// A tenant with a number that no other has.
    init(number: UInt64) {
        self.number = number
    }

    /// Those of a tenant that is no part of a directory and never revokes anything.
    package convenience init() {
        self.init(number: 0)
    }

    /// Whether any entry is alive.
    func isAny(at moment: Timestamp) -> Bool { moment.milliseconds < last.load(ordering: .acquiring) }

    /// Whether an entry of this kind is alive.
    func has(_ kind: Revocation.Kind, at moment: Timestamp) -> Bool {
        guard let end = end(of: kind) else { return false }
        return moment.milliseconds < end
    }

    /// Milliseconds since 1970 before which every grant of the tenant is void.
    var ofAll: Int64 { cutoff.load(ordering: .relaxed) }

    /// Notes that there is an entry.
    func note(_ kind: Revocation.Kind, cutoff moment: Timestamp, expires: Timestamp) {
        let end = expires.milliseconds
        switch kind {
        case .grant: lastGrant.max(end, ordering: .relaxed)
        case .user: lastUser.max(end, ordering: .relaxed)
        // Nodes go by the cut-offs of users; this is for the feed.
        case .userHash: return
        case .apiKey: lastKey.max(end, ordering: .relaxed)
        case .signingKey: lastSigningKey.max(end, ordering: .relaxed)
        case .label: lastLabel.max(end, ordering: .relaxed)
        case .tenant: cutoff.max(moment.milliseconds, ordering: .relaxed)
        }
        // The last, so that whoever sees it sees the others.
        last.max(end, ordering: .releasing)
    }

    private func end(of kind: Revocation.Kind) -> Int64? {
        switch kind {
        case .grant: lastGrant.load(ordering: .relaxed)
        case .user: lastUser.load(ordering: .relaxed)
        case .apiKey: lastKey.load(ordering: .relaxed)
        case .signingKey: lastSigningKey.load(ordering: .relaxed)
        case .label: lastLabel.load(ordering: .relaxed)
        case .tenant, .userHash: nil
        }
    }
}
