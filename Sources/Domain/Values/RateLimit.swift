/// A sustained rate with a burst, enforced by the generic cell rate algorithm.
///
/// The whole state of a limit is one number: the theoretical arrival time (TAT) of the next request that keeps
/// exactly to the rate. A request is let through while the TAT is no further ahead of the clock than the burst
/// allows, and then pushes it one interval further.
///
/// Example: rate 2 a second (interval 500 ms), burst 3 (tolerance 1,500 ms), first request at 10.0 s. The TAT
/// becomes 10.5, 11.0, 11.5 for three requests at once; a fourth would need 12.0, which is 2.0 s ahead and over the
/// tolerance, so it is refused and told to come back in 0.5 s.
package struct RateLimit: Sendable, Equatable {
    /// Requests in each ``period`` that can be kept up for ever; at least 1.
    package let rate: Int
    /// Seconds; at least 1.
    package let period: Int
    /// Requests that may come at once after a pause; at least 1.
    package let burst: Int
    /// Nanoseconds between two requests that keep exactly to the rate; at least 1.
    package let interval: Int64
    /// Nanoseconds by which the TAT may be ahead of the clock; at most ``longestTolerance``.
    package let tolerance: Int64

    /// A limit of so many requests in so many seconds; values under 1 count as 1.
    package init(rate: Int, period: Int = 1, burst: Int) {
        self.rate = max(1, rate)
        self.period = max(1, period)
        self.burst = max(1, burst)
        // Worked out once, since every request asks for them.
        interval = max(1, Int64(self.period) * 1_000_000_000 / Int64(self.rate))
        let (product, overflow) = interval.multipliedReportingOverflow(by: Int64(self.burst))
        tolerance = overflow ? Self.longestTolerance : min(product, Self.longestTolerance)
    }

    /// 104 days: as many nanoseconds as a double counts exactly, the only kind of number that Redis reckons with.
    package static let longestTolerance: Int64 = (1 << 53) - 1

    /// Seconds in which an empty burst fills up again, rounded up, at least 1: the window `w` of the policy.
    package var window: Int64 { max(1, (tolerance + 999_999_999) / 1_000_000_000) }

    /// What became of one request.
    package struct Decision: Sendable, Equatable {
        /// Whether it may pass.
        package let isAllowed: Bool
        /// The TAT to store; unchanged where the request was refused.
        package let arrival: Int64
        /// Requests that could follow at once.
        package let remaining: Int
        /// Seconds, rounded up: where refused, until a request would pass; else until the burst is full again.
        package let resetSeconds: Int64
    }

    /// Decides one request at the monotonic time `now` given the stored TAT, both in nanoseconds.
    ///
    /// - Parameters:
    ///   - arrival: the stored theoretical arrival time; 0 for a limit that was never used.
    ///   - now: the monotonic clock.
    /// - Returns: what becomes of the request, and the TAT to store.
    package func spend(arrival: Int64, now: Int64) -> Decision {
        let from = max(arrival, now)
        let next = from + interval
        let ahead = next - now
        guard ahead <= tolerance else {
            return Decision(
                isAllowed: false, arrival: arrival, remaining: 0, resetSeconds: Self.seconds(ahead - tolerance))
        }
        return Decision(
            isAllowed: true, arrival: next, remaining: Int((tolerance - ahead) / interval),
            resetSeconds: Self.seconds(ahead))
    }

    /// The stored TAT as far as this limit can have brought it.
    ///
    /// What is further ahead was left behind by another limit, as before a change of rate or burst, and would refuse for
    /// longer than the window. Up to ``unevenness`` may be the doing of threads that took the time one after the other.
    package func reached(_ arrival: Int64, now: Int64) -> Int64 {
        let furthest = now + tolerance
        return arrival > furthest + Self.unevenness ? furthest : arrival
    }

    /// Nanoseconds that may lie between taking the time and spending, on a machine that has much to do.
    package static let unevenness: Int64 = 1_000_000_000

    /// What lets through no more than either of the two does; nil stands for no limit.
    package static func narrower(_ one: RateLimit?, _ other: RateLimit?) -> RateLimit? {
        guard let one, let other else { return one ?? other }
        let slower = one.interval >= other.interval ? one : other
        return RateLimit(rate: slower.rate, period: slower.period, burst: min(one.burst, other.burst))
    }

    /// What is left of the limit for one of so many nodes that cannot ask each other: rate and burst are divided and
    /// rounded down, so that together they let through no more than the limit, but never less than 1.
    package func share(of nodes: Int) -> RateLimit {
        RateLimit(rate: rate / max(1, nodes), period: period, burst: burst / max(1, nodes))
    }

    private static func seconds(_ nanoseconds: Int64) -> Int64 {
        max(1, (nanoseconds + 999_999_999) / 1_000_000_000)
    }
}
