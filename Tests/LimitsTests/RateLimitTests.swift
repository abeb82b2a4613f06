import Dispatch
import Domain
import Synchronization
import Testing

@Suite("A rate limit lets through a burst and then the rate, whoever keeps its state")
struct RateLimitTests {
    @Test("as a pure function of the stored arrival time", arguments: RateLimitVector.all)
    func function(vector: RateLimitVector) {
        var stored = vector.stored
        for (index, step) in vector.steps.enumerated() {
            let decision = vector.limit.spend(arrival: stored, now: step.now)
            #expect(step.agrees(with: decision), "step \(index): \(decision)")
            stored = decision.arrival
        }
    }

    @Test("in memory", arguments: RateLimitVector.all.filter { $0.stored == 0 })
    func memory(vector: RateLimitVector) {
        let limiter = RateLimiter()
        for (index, step) in vector.steps.enumerated() {
            let decision = limiter.spend(vector.limit, now: step.now)
            #expect(step.agrees(with: decision), "step \(index): \(decision)")
        }
    }

    /// A token bucket is the same limit told otherwise: its level is the tolerance less what the TAT is ahead.
    @Test("every decision is that of a token bucket", arguments: 0..<20)
    func tokenBucket(round: Int) {
        let limit = RateLimit(rate: Int.random(in: 1...2_000), burst: Int.random(in: 1...50))
        var now = Int64.random(in: 0...1_000_000_000_000)
        var level = limit.tolerance
        var arrival: Int64 = 0
        for _ in 0..<2_000 {
            let pause = Int64.random(in: 0...3) == 0 ? 0 : Int64.random(in: 0...2 * limit.interval)
            now += pause
            level = min(limit.tolerance, level + pause)
            let decision = limit.spend(arrival: arrival, now: now)
            #expect(decision.isAllowed == (level >= limit.interval))
            if decision.isAllowed { level -= limit.interval }
            #expect(decision.remaining == (decision.isAllowed ? Int(level / limit.interval) : 0))
            arrival = decision.arrival
        }
    }

    @Test("who waits as long as a refusal says is let through")
    func promise() {
        for _ in 0..<500 {
            let limit = RateLimit(rate: Int.random(in: 1...50), burst: Int.random(in: 1...50))
            var arrival: Int64 = 0
            var now = Int64.random(in: 0...1_000_000_000)
            while limit.spend(arrival: arrival, now: now).isAllowed {
                arrival = limit.spend(arrival: arrival, now: now).arrival
            }
            now += limit.spend(arrival: arrival, now: now).resetSeconds * 1_000_000_000
            #expect(limit.spend(arrival: arrival, now: now).isAllowed)
        }
    }

    @Test("the window is the time in which an empty burst fills up again")
    func window() {
        #expect(RateLimit(rate: 10, burst: 50).window == 5)
        #expect(RateLimit(rate: 3, burst: 10).window == 4)
        #expect(RateLimit(rate: 1_000, burst: 1).window == 1)
        #expect(RateLimit(rate: 1, burst: .max).window > 0)
        #expect(RateLimit(rate: 10, period: 900, burst: 10).window == 900)
        #expect(RateLimit(rate: 7, period: 60, burst: 7).window == 60)
    }

    @Test("spent from eight threads at one instant, exactly the burst passes", arguments: 0..<10)
    func concurrentSpends(round: Int) {
        let limiter = RateLimiter()
        let limit = RateLimit(rate: 10, burst: 777)
        let allowed = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for _ in 0..<500 where limiter.spend(limit, now: 1_000_000_000_000).isAllowed {
                allowed.add(1, ordering: .relaxed)
            }
        }
        #expect(allowed.load(ordering: .relaxed) == 777)
    }
}

@Suite("Plans have the limits that the price list names")
struct PlanTests {
    @Test("rate, burst and quota of each plan")
    func plans() {
        let plans: [Plan] = [.free, .pro, .enterprise]
        #expect(plans.map(\.id.text) == ["free", "pro", "enterprise"])
        #expect(plans.map(\.quota) == [10_000, 100_000, 1_000_000])
        #expect(plans.map(\.rate) == [10, 100, 1_000])
        #expect(plans.map(\.burst) == [50, 500, 5_000])
    }

    @Test("a tenant's own limits go before its plan's, each by itself")
    func overrides() throws {
        let id = try #require(Tenant.ID("acme"))
        var tenant = Tenant(id: id, name: "Acme", plan: .pro, createdAt: Timestamp(seconds: 0))
        #expect(tenant.rateLimit == RateLimit(rate: 100, burst: 500) && tenant.quota == 100_000)
        tenant.overrides = Tenant.Overrides(burst: 7)
        #expect(tenant.rateLimit == RateLimit(rate: 100, burst: 7) && tenant.quota == 100_000)
        tenant.overrides = Tenant.Overrides(rate: 3, quota: 0)
        #expect(tenant.rateLimit == RateLimit(rate: 3, burst: 500) && tenant.quota == 0)
    }

    @Test("a limit by user is the operator's and the tenant's: the narrower holds, in rate and in burst")
    func userLimits() throws {
        let id = try #require(Tenant.ID("acme"))
        var tenant = Tenant(id: id, name: "Acme", plan: .pro, createdAt: Timestamp(seconds: 0))
        #expect(tenant.userLimit == nil)
        tenant.userRate = UserRate(pairs: 3, window: 60)
        #expect(tenant.userLimit == RateLimit(rate: 3, period: 60, burst: 3))
        tenant.userRate = nil
        tenant.plan.userRate = UserRate(pairs: 10, window: 900)
        #expect(tenant.userLimit == RateLimit(rate: 10, period: 900, burst: 10))
        for (own, interval, burst) in [
            ((1_000_000, 1), 90, 10), ((3, 60), 90, 3), ((100, 86_400), 864, 10), ((1, 86_400), 86_400, 1),
        ] {
            tenant.userRate = UserRate(pairs: own.0, window: own.1)
            let limit = try #require(tenant.userLimit)
            #expect(limit.interval == Int64(interval) * 1_000_000_000 && limit.burst == burst, "\(own)")
        }
    }
}
