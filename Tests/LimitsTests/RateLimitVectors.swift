import Domain
import Testing

/// Requests to one limit in the order of their arrival and what becomes of each: the same for every keeper of limits.
struct RateLimitVector: Sendable, CustomTestStringConvertible {
    struct Step: Sendable {
        /// The monotonic clock in nanoseconds.
        let now: Int64
        let isAllowed: Bool
        /// The theoretical arrival time that is stored afterwards.
        let arrival: Int64
        let remaining: Int
        let resetSeconds: Int64

        /// Whether a keeper of limits decided as it should.
        func agrees(with decision: RateLimit.Decision) -> Bool {
            decision.isAllowed == isAllowed && decision.arrival == arrival && decision.remaining == remaining
                && decision.resetSeconds == resetSeconds
        }
    }

    /// What the steps show.
    let name: String
    let limit: RateLimit
    /// The theoretical arrival time stored before the first step; 0: the limit was never used.
    var stored: Int64 = 0
    let steps: [Step]

    var testDescription: String { name }
}

private let millisecond: Int64 = 1_000_000
private let second: Int64 = 1_000_000_000

/// A request that passes and leaves this arrival time, so many requests that could follow, and so many seconds until
/// the burst is full again.
private func passes(at now: Int64, arrival: Int64, left: Int, full: Int64) -> RateLimitVector.Step {
    .init(now: now, isAllowed: true, arrival: arrival, remaining: left, resetSeconds: full)
}

/// A request that is refused, leaves the arrival time as it was and is told to come back in so many seconds.
private func isRefused(at now: Int64, arrival: Int64, retry: Int64) -> RateLimitVector.Step {
    .init(now: now, isAllowed: false, arrival: arrival, remaining: 0, resetSeconds: retry)
}

extension RateLimitVector {
    static let all: [RateLimitVector] = [
        RateLimitVector(
            name: "a burst passes at once, the next request waits for one interval",
            limit: RateLimit(rate: 2, burst: 3),
            steps: [
                passes(at: 10 * second, arrival: 10_500 * millisecond, left: 2, full: 1),
                passes(at: 10 * second, arrival: 11_000 * millisecond, left: 1, full: 1),
                passes(at: 10 * second, arrival: 11_500 * millisecond, left: 0, full: 2),
                isRefused(at: 10 * second, arrival: 11_500 * millisecond, retry: 1),
                isRefused(at: 10_500 * millisecond - 1, arrival: 11_500 * millisecond, retry: 1),
                passes(at: 10_500 * millisecond, arrival: 12_000 * millisecond, left: 0, full: 2),
                isRefused(at: 10_500 * millisecond, arrival: 12_000 * millisecond, retry: 1),
            ]),
        RateLimitVector(
            name: "a steady rate passes for ever",
            limit: RateLimit(rate: 4, burst: 1),
            steps: (0..<40).map { step in
                let now = 5 * second + Int64(step) * 250 * millisecond
                return passes(at: now, arrival: now + 250 * millisecond, left: 0, full: 1)
            }),
        RateLimitVector(
            name: "a little faster than the rate is refused as soon as the burst is spent",
            limit: RateLimit(rate: 10, burst: 2),
            steps: [
                passes(at: second, arrival: 1_100 * millisecond, left: 1, full: 1),
                passes(at: 1_050 * millisecond, arrival: 1_200 * millisecond, left: 0, full: 1),
                passes(at: 1_100 * millisecond, arrival: 1_300 * millisecond, left: 0, full: 1),
                isRefused(at: 1_199 * millisecond, arrival: 1_300 * millisecond, retry: 1),
                passes(at: 1_200 * millisecond, arrival: 1_400 * millisecond, left: 0, full: 1),
            ]),
        RateLimitVector(
            name: "a refusal tells the whole seconds until a request passes, rounded up",
            limit: RateLimit(rate: 1, period: 10, burst: 1), stored: 20 * second,
            steps: [
                isRefused(at: 10 * second, arrival: 20 * second, retry: 10),
                isRefused(at: 10 * second + 1, arrival: 20 * second, retry: 10),
                isRefused(at: 11 * second, arrival: 20 * second, retry: 9),
                isRefused(at: 19 * second + 1, arrival: 20 * second, retry: 1),
                passes(at: 20 * second, arrival: 30 * second, left: 0, full: 10),
            ]),
        RateLimitVector(
            name: "after a pause the burst is full again and not fuller",
            limit: RateLimit(rate: 1, burst: 2),
            steps: [
                passes(at: 10 * second, arrival: 11 * second, left: 1, full: 1),
                passes(at: 10 * second, arrival: 12 * second, left: 0, full: 2),
                passes(at: 1_000 * second, arrival: 1_001 * second, left: 1, full: 1),
                passes(at: 1_000 * second, arrival: 1_002 * second, left: 0, full: 2),
                isRefused(at: 1_000 * second, arrival: 1_002 * second, retry: 1),
            ]),
        RateLimitVector(
            name: "a clock that stands still lets the burst through and nothing more",
            limit: RateLimit(rate: 1_000, burst: 5),
            steps: (1...5).map { step in
                passes(at: 0, arrival: Int64(step) * millisecond, left: 5 - step, full: 1)
            } + (0..<20).map { _ in isRefused(at: 0, arrival: 5 * millisecond, retry: 1) }),
        RateLimitVector(
            name: "a rate beyond the clock's resolution counts nanoseconds",
            limit: RateLimit(rate: .max, burst: 2),
            steps: [
                passes(at: 7, arrival: 8, left: 1, full: 1), passes(at: 7, arrival: 9, left: 0, full: 1),
                isRefused(at: 7, arrival: 9, retry: 1), passes(at: 8, arrival: 10, left: 0, full: 1),
            ]),
        RateLimitVector(
            name: "a burst of any size overflows nothing",
            limit: RateLimit(rate: 1, burst: .max),
            steps: [
                passes(at: second, arrival: 2 * second, left: Int(RateLimit.longestTolerance / second) - 1, full: 1),
                passes(at: second, arrival: 3 * second, left: Int(RateLimit.longestTolerance / second) - 2, full: 2),
            ]),
        RateLimitVector(
            name: "a limit under 1 counts as 1",
            limit: RateLimit(rate: 0, burst: -3),
            steps: [
                passes(at: 3 * second, arrival: 4 * second, left: 0, full: 1),
                isRefused(at: 3 * second, arrival: 4 * second, retry: 1),
            ]),
        RateLimitVector(
            name: "a rate that does not divide a second rounds its interval down",
            limit: RateLimit(rate: 3, burst: 3),
            steps: [
                passes(at: second, arrival: 1_333_333_333, left: 2, full: 1),
                passes(at: second, arrival: 1_666_666_666, left: 1, full: 1),
                passes(at: second, arrival: 1_999_999_999, left: 0, full: 1),
                isRefused(at: second, arrival: 1_999_999_999, retry: 1),
                passes(at: 1_333_333_333, arrival: 2_333_333_332, left: 0, full: 1),
            ]),
    ]
}
