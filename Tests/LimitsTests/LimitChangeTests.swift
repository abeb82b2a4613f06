import Domain
import RedisLimits
import Testing

@Suite("A changed limit holds from then on, and one that stays the same is not touched")
struct LimitChangeTests {
    private static let changes: [(old: RateLimit, new: RateLimit)] = [
        (RateLimit(rate: 1, burst: 40), RateLimit(rate: 1_000, burst: 5_000)),
        (RateLimit(rate: 2, period: 900, burst: 2), RateLimit(rate: 600, period: 60, burst: 600)),
        (RateLimit(rate: 10, burst: 50), RateLimit(rate: 10, burst: 5)),
    ]

    @Test("who had spent the old one waits for an interval of the new one", arguments: changes)
    func raised(change: (old: RateLimit, new: RateLimit)) {
        let (limiter, now) = (RateLimiter(), Int64(1_000_000_000_000))
        for _ in 0..<change.old.burst { #expect(limiter.spend(change.old, now: now).isAllowed) }
        let refused = limiter.spend(change.new, now: now)
        #expect(!refused.isAllowed && refused.resetSeconds == 1)
        #expect(limiter.spend(change.new, now: now + change.new.interval).isAllowed)
        #expect(!limiter.spend(change.new, now: now + change.new.interval).isAllowed, "the burst comes back by and by")
    }

    @Test("the same for a node's share, while nobody can be asked")
    func share() throws {
        let (limiter, now) = (RateLimiter(), Int64(1_000_000_000_000))
        limiter.follow(ahead: 40_000_000_000, now: now)
        let new = Allowance(limit: RateLimit(rate: 1_000, burst: 5_000), limiter: limiter)
        let spending = Spending(tenant: anyTenant(), ofTenant: new)
        #expect(spending.spend(now: now, sharedBy: 3)[.tenant]?.resetSeconds == 1)
        #expect(spending.spend(now: now + 4_000_000, sharedBy: 3).isAllowed)
    }

    @Test("the same in Redis, whatever limits follow each other", .enabled(if: RedisServer.isExpected))
    func redis() throws {
        let server = try RedisServer()
        let all = Self.changes.flatMap { [$0.old, $0.new] }
        for _ in 0..<10 {
            let (limiter, tenant) = (RateLimiter(), anyTenant())
            var now = Int64.random(in: 1_000_000_000...1_000_000_000_000)
            for _ in 0..<20 {
                guard let limit = all.randomElement() else { return }
                now += Int64.random(in: 0...2 * limit.interval)
                let script = LimitScript(
                    clock: "local seconds, nanoseconds = \(now / 1_000_000_000), \(now % 1_000_000_000)\n")
                let limits = RedisLimits(address: try server.address, script: script, world: .system)
                limits.keep()
                let count = Int.random(in: 1...60)
                let spend = LimitSpend(tenant: tenant, limit: limit, count: count)
                let standing = try #require(limits.spend([spend])[0])
                var arrival = standing.arrival
                for _ in 0..<count {
                    let decision = limit.spend(arrival: arrival, now: now)
                    #expect(limiter.spend(limit, now: now) == decision)
                    arrival = decision.arrival
                }
            }
        }
    }

    @Test("while it stays the same, decisions are those of the algorithm alone, with clocks that are not even")
    func unchanged() {
        for _ in 0..<50 {
            let limit = RateLimit(
                rate: Int.random(in: 1...2_000), period: Int.random(in: 1...60), burst: Int.random(in: 1...50))
            let limiter = RateLimiter()
            var now = Int64.random(in: 2_000_000_000...1_000_000_000_000)
            var arrival: Int64 = 0
            for _ in 0..<1_000 {
                now += Int64.random(in: 0...3) == 0 ? Int64.random(in: 0...2 * limit.interval) : 0
                let seen = now - Int64.random(in: 0...RateLimit.unevenness)
                let expected = limit.spend(arrival: arrival, now: seen)
                #expect(limiter.spend(limit, now: seen) == expected)
                arrival = expected.arrival
            }
        }
    }
}
