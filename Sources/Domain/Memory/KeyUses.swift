internal import Synchronization

/// Counts how often API keys are accepted on this node, until the counts are stored.
///
/// Counting costs an atomic addition; only a key's first use since the last ``flush(into:)`` takes a lock. A crash
/// loses what was not yet stored.
package final class KeyUses: Sendable {
    private let touched = Mutex<[KeyUse]>([])

    /// No uses yet.
    package init() {}

    /// Counts one use.
    func note(_ use: KeyUse, at moment: Timestamp) {
        use.last.store(moment.milliseconds, ordering: .relaxed)
        add(1, to: use)
    }

    /// Stores what was counted since the last call, in one transaction; blocks.
    ///
    /// What could not be stored is kept for the next call.
    package func flush(into storage: any Storage) throws(StoreFailure) {
        let uses = touched.withLock { touched in
            defer { touched = [] }
            return touched
        }
        guard !uses.isEmpty else { return }
        let counts = uses.map { $0.count.exchange(0, ordering: .relaxed) }
        var usages: [APIKey.ID: APIKey.Usage] = [:]
        for (use, count) in zip(uses, counts) {
            let last = Timestamp(milliseconds: use.last.load(ordering: .relaxed))
            var usage = usages[use.id] ?? APIKey.Usage()
            usage.count += count
            usage.lastUsedAt = max(last, usage.lastUsedAt ?? last)
            usages[use.id] = usage
        }
        do {
            try storage.count(usages)
        } catch {
            for (use, count) in zip(uses, counts) { add(count, to: use) }
            throw error
        }
    }

    private func add(_ count: Int64, to use: KeyUse) {
        guard use.count.add(count, ordering: .relaxed).oldValue == 0 else { return }
        touched.withLock { $0.append(use) }
    }
}

/// What was counted of one key and is not yet stored.
final class KeyUse: Sendable {
    let id: APIKey.ID
    let count = Atomic<Int64>(0)
    /// Milliseconds of the last use.
    let last = Atomic<Int64>(0)

    init(_ id: APIKey.ID) {
        self.id = id
    }
}

/// An API key in memory.
package final class HeldKey: Sendable {
    /// The key as stored.
    package let key: APIKey
    /// The key's public part.
    package var id: APIKey.ID { use.id }
    /// The running state of the key's limit, whether or not it has one.
    let limiter: RateLimiter
    /// What is counted of the key; nil for a key of the operator.
    package let tally: Tally?
    let use: KeyUse

    init(_ key: APIKey, limiter: RateLimiter = RateLimiter(), tallies: UsageTallies? = nil) {
        self.key = key
        self.limiter = limiter
        tally = key.owner.tenant.flatMap { tenant in tallies.map { Tally(tenant, key: key.id, in: $0) } }
        use = KeyUse(key.id)
    }

    /// What the key may make: the plan's limit, and its own where that is narrower; nil: no limit.
    func allowance(within limit: RateLimit?) -> Allowance? {
        RateLimit.narrower(key.rateLimit, limit).map { Allowance(.key(key.id), limit: $0, limiter: limiter) }
    }
}
