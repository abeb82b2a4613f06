internal import Synchronization

/// The running state of one rate limit, shared by all event loops without a lock.
package final class RateLimiter: Sendable {
    private let arrival = Atomic<Int64>(0)

    /// A limiter that nothing was spent of.
    package init() {}

    /// Decides one request under the limit at the monotonic time `now`, in nanoseconds.
    package func spend(_ limit: RateLimit, now: Int64) -> RateLimit.Decision {
        var stored = arrival.load(ordering: .relaxed)
        while true {
            let decision = limit.spend(arrival: limit.reached(stored, now: now), now: now)
            guard decision.arrival != stored else { return decision }
            let (exchanged, original) = arrival.compareExchange(
                expected: stored, desired: decision.arrival, ordering: .relaxed)
            if exchanged { return decision }
            stored = original
        }
    }

    /// Takes back one request that was let through under the limit.
    package func refund(_ limit: RateLimit) {
        arrival.subtract(limit.interval, ordering: .relaxed)
    }

    /// Takes over how many nanoseconds the TAT is ahead of the clock where a keeper shared with other nodes has it.
    ///
    /// Should the keeper fail, nobody who has spent his burst gets a second one.
    package func follow(ahead: Int64, now: Int64) {
        arrival.store(now + ahead, ordering: .relaxed)
    }
}
