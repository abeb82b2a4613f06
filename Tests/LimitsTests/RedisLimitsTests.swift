import Dispatch
import Domain
import Foundation
import RedisLimits
import Synchronization
import Testing

@Suite("Redis keeps a limit exactly as memory does", .enabled(if: RedisServer.isExpected))
struct RedisLimitsTests {
    private let server: RedisServer?
    private let address: RedisAddress

    /// On the Redis that the environment names, or on one of its own.
    init() throws {
        let given = ProcessInfo.processInfo.environment["CHAT_TOKENS_TEST_REDIS_URL"]
        server = given == nil ? try RedisServer() : nil
        address = try #require(RedisAddress(given ?? server?.url ?? ""))
    }

    @Test("the vectors", arguments: RateLimitVector.all)
    func vectors(vector: RateLimitVector) throws {
        let tenant = anyTenant()
        if vector.stored > 0 {
            // A spend of so many seconds leaves this arrival time.
            let (now, count) = (vector.steps[0].now, Int((vector.stored - vector.steps[0].now) / 1_000_000_000))
            _ = try spend(RateLimit(rate: 1, burst: count), of: tenant, count: count, at: now)
        }
        var arrival = vector.stored
        for (index, step) in vector.steps.enumerated() {
            let standing = try spend(vector.limit, of: tenant, at: step.now)
            #expect(standing == LimitStanding(now: step.now, arrival: max(arrival, step.now)), "step \(index)")
            let decision = vector.limit.spend(arrival: standing.arrival, now: standing.now)
            #expect(step.agrees(with: decision), "step \(index): \(decision)")
            arrival = step.arrival
        }
        let last = try #require(vector.steps.last)
        #expect(try spend(vector.limit, of: tenant, count: 0, at: last.now).arrival == max(arrival, last.now))
    }

    @Test("many requests at once are as many one by one", arguments: 0..<5)
    func batches(round: Int) throws {
        let limit = RateLimit(rate: Int.random(in: 1...2_000), burst: Int.random(in: 1...50))
        let tenant = anyTenant()
        var now = Int64.random(in: 0...1_000_000_000_000)
        var arrival: Int64 = 0
        for _ in 0..<30 {
            now += Int64.random(in: 0...3) == 0 ? 0 : Int64.random(in: 0...20 * limit.interval)
            let count = Int.random(in: 1...60)
            let standing = try spend(limit, of: tenant, count: count, at: now)
            #expect(standing.arrival == max(arrival, now))
            for _ in 0..<count { arrival = limit.spend(arrival: arrival, now: now).arrival }
        }
    }

    @Test("several limits are spent in one go, each by itself")
    func several() throws {
        let limits = connected(LimitScript(clock: clock(5)))
        let tenants = [anyTenant(), anyTenant(), anyTenant()]
        let spends = tenants.enumerated().map { index, tenant in
            LimitSpend(tenant: tenant, limit: RateLimit(rate: 1, burst: 10), count: index + 1)
        }
        #expect(limits.spend(spends) == Array(repeating: LimitStanding(now: 5, arrival: 5), count: 3))
        #expect(limits.spend(spends).map { ($0?.arrival ?? 0) / 1_000_000_000 } == [1, 2, 3])
        // One limit twice, as after a change of its settings: the second sees what the first spent.
        let twice = limits.spend([spends[0], spends[0]]).map { ($0?.arrival ?? 0) / 1_000_000_000 }
        #expect(twice == [2, 3])
        #expect(limits.spend([]) == [])
    }

    @Test("each tenant, key, user and grant has a limit of its own, whatever their names are")
    func subjects() throws {
        let limits = connected(LimitScript(clock: clock(5)))
        let grant = Grant.ID(birth: Timestamp(seconds: 1), random: 2, moreRandom: 3)
        let subjects: [Allowance.Subject] = [
            .tenant, .key(try #require(APIKey.ID("key000000001"))), .user(try #require(User.ID("key000000001"))),
            .user(try #require(User.ID("\(grant)"))), .grant(grant),
        ]
        let parts = subjects.map { LimitSpend.Part(subject: $0, limit: RateLimit(rate: 1, burst: 5)) }
        let standing = try #require(limits.spend([LimitSpend(tenant: anyTenant(), parts: parts, count: 1)])[0])
        #expect(standing == LimitStanding(now: 5, arrivals: Array(repeating: 5, count: 5)))
    }

    @Test("a clock that goes back neither gives a burst away nor refuses for longer")
    func clockGoesBack() throws {
        let (limit, tenant) = (RateLimit(rate: 1, burst: 3), anyTenant())
        let late: Int64 = 7_200_000_000_000
        let early: Int64 = 3_600_000_000_000
        _ = try spend(limit, of: tenant, count: 3, at: late)
        #expect(try spend(limit, of: tenant, at: early) == LimitStanding(now: early, arrival: early + 3_000_000_000))
        let next = early + 1_000_000_000
        #expect(try spend(limit, of: tenant, at: next) == LimitStanding(now: next, arrival: next + 2_000_000_000))
    }

    @Test("what is stored goes away by itself, but not before the burst is full again")
    func expiry() throws {
        guard let server else { return }
        let limits = connected(LimitScript())
        let tenant = anyTenant()
        _ = limits.spend([LimitSpend(tenant: tenant, limit: RateLimit(rate: 1, burst: 500), count: 300)])
        let left = try server.command("ttl", "chat-tokens:limit:{\(tenant)}").split(separator: "\n").first
        let seconds = try #require(left.flatMap { Int($0) })
        #expect((300...360).contains(seconds))
    }

    @Test("spent by four nodes at once, the burst and the rate pass, and nothing more")
    func concurrentNodes() throws {
        let limit = RateLimit(rate: 50, burst: 200)
        let spend = LimitSpend(tenant: anyTenant(), limit: limit, count: 7)
        let passed = Atomic<Int>(0)
        let nodes = (0..<4).map { _ in connected(LimitScript()) }
        let start = World.system.monotonicNanoseconds()
        DispatchQueue.concurrentPerform(iterations: 4) { index in
            while World.system.monotonicNanoseconds() - start < 2_000_000_000 {
                guard let standing = nodes[index].spend([spend])[0] else {
                    nodes[index].keep()
                    continue
                }
                var arrival = standing.arrival
                for _ in 0..<spend.count {
                    let decision = limit.spend(arrival: arrival, now: standing.now)
                    arrival = decision.arrival
                    if decision.isAllowed { passed.add(1, ordering: .relaxed) }
                }
            }
        }
        let seconds = Double(World.system.monotonicNanoseconds() - start) / 1e9
        let count = passed.load(ordering: .relaxed)
        #expect(count >= 200 && Double(count) <= 201 + 50 * seconds, "\(count) in \(seconds) s")
    }

    @Test("a script that Redis has forgotten is sent anew")
    func scriptFlush() throws {
        guard let server else { return }
        let limits = connected(LimitScript())
        let spend = LimitSpend(tenant: anyTenant(), limit: RateLimit(rate: 1, burst: 5), count: 1)
        #expect(limits.spend([spend])[0] != nil)
        try server.command("script", "flush")
        #expect(limits.spend([spend])[0] != nil && limits.spend([spend])[0] != nil && limits.isUp)
        #expect(try server.command("info", "stats").contains("total_error_replies:1"))
    }

    /// One spend by a clock that stands at `now`.
    private func spend(
        _ limit: RateLimit, of tenant: Tenant.ID, count: Int = 1, at now: Int64
    ) throws -> LimitStanding {
        let limits = connected(LimitScript(clock: clock(now)))
        return try #require(limits.spend([LimitSpend(tenant: tenant, limit: limit, count: count)])[0])
    }

    private func clock(_ now: Int64) -> String {
        "local seconds, nanoseconds = \(now / 1_000_000_000), \(now % 1_000_000_000)\n"
    }

    private func connected(_ script: LimitScript) -> RedisLimits {
        let limits = RedisLimits(address: address, script: script, world: .system)
        limits.keep()
        return limits
    }
}

/// A tenant that nobody else uses.
func anyTenant() -> Tenant.ID {
    guard let id = Tenant.ID("t-\(UInt64.random(in: 0 ... .max))") else { preconditionFailure("a bad name") }
    return id
}
