internal import Synchronization

/// Counts what tenants use on this node, until the counts are stored.
///
/// A valid token costs an atomic addition, anything else a short lock of its own key; only the first event of a key
/// since the last ``flush(into:at:)`` takes a lock that keys share. A crash loses what was not yet stored.
package final class UsageTallies: Sendable {
    private let touched = Mutex<[Tally]>([])

    /// No counts yet.
    package init() {}

    /// Stores what was counted since the last call, as of the day of `moment`, in one transaction; blocks.
    ///
    /// What could not be stored is kept for the next call.
    package func flush(into storage: any Storage, at moment: Timestamp) throws(StoreFailure) {
        let tallies = touched.withLock { touched in
            defer { touched = [] }
            return touched
        }
        let counts = tallies.map { ($0, $0.take()) }
        let events = counts.flatMap { tally, counts in
            counts.map { EventCount(tenant: tally.tenant, key: tally.key, event: $0, count: $1) }
        }
        guard !events.isEmpty else { return }
        do throws(StoreFailure) {
            try storage.add(events, on: Day(of: moment))
        } catch {
            for (tally, counts) in counts { tally.putBack(counts) }
            throw error
        }
    }

    fileprivate func touch(_ tally: Tally) {
        touched.withLock { $0.append(tally) }
    }
}

/// What was counted of one key, or of a tenant by the operator's keys, and is not yet stored.
package final class Tally: Sendable {
    let tenant: Tenant.ID
    let key: APIKey.ID?
    private let tallies: UsageTallies
    private let valid = Atomic<Int64>(0)
    private let others = Mutex<[UsageEvent: Int64]>([:])

    init(_ tenant: Tenant.ID, key: APIKey.ID? = nil, in tallies: UsageTallies) {
        self.tenant = tenant
        self.key = key
        self.tallies = tallies
    }

    /// Counts the verification of a valid token.
    func noteValid() {
        if valid.add(1, ordering: .relaxed).oldValue == 0 { tallies.touch(self) }
    }

    /// Counts an event.
    package func note(_ event: UsageEvent) {
        let isFirst = others.withLock { others in
            defer { others[event, default: 0] += 1 }
            return others.isEmpty
        }
        if isFirst { tallies.touch(self) }
    }

    fileprivate func take() -> [UsageEvent: Int64] {
        var counts = others.withLock { others in
            defer { others = [:] }
            return others
        }
        let valid = valid.exchange(0, ordering: .relaxed)
        if valid > 0 { counts[.verification(nil), default: 0] += valid }
        return counts
    }

    fileprivate func putBack(_ counts: [UsageEvent: Int64]) {
        guard !counts.isEmpty else { return }
        others.withLock { $0.merge(counts, uniquingKeysWith: +) }
        tallies.touch(self)
    }
}
