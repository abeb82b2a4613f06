import Dispatch
import Domain
import RedisLimits
import Synchronization
import Testing

@Suite("Several limits are spent together, or none of them")
struct SpendingTests {
    @Test("in memory", arguments: SpendingVector.all)
    func memory(vector: SpendingVector) {
        let scene = SpendingScene(vector)
        for (index, step) in vector.steps.enumerated() {
            let verdict = scene.spending(step).spend(now: step.second * 1_000_000_000)
            #expect(verdict.outcome == step.outcome, "step \(index)")
        }
    }

    @Test("in Redis, one by one", .enabled(if: RedisServer.isExpected), arguments: SpendingVector.all)
    func redis(vector: SpendingVector) throws {
        let server = try RedisServer()
        let scene = SpendingScene(vector)
        for (index, step) in vector.steps.enumerated() {
            let verdict = try limiter(server, at: step.second).decide([scene.spending(step)])[0]
            #expect(verdict.outcome == step.outcome, "step \(index)")
        }
    }

    @Test("in Redis, those of one second in one batch", .enabled(if: RedisServer.isExpected))
    func batches() throws {
        let server = try RedisServer()
        for vector in SpendingVector.all {
            let (together, apart) = (SpendingScene(vector), SpendingScene(vector))
            for second in Set(vector.steps.map(\.second)).sorted() {
                // In the order in which a batch is decided: those that spend the same limits follow each other.
                let steps = vector.steps.filter { $0.second == second }
                let parties = steps.reduce(into: [String]()) { seen, step in
                    if !seen.contains(step.party) { seen.append(step.party) }
                }
                let sorted = parties.flatMap { party in steps.filter { $0.party == party } }
                let limiter = try limiter(server, at: second)
                let expected = sorted.map { apart.spending($0).spend(now: second * 1_000_000_000).outcome }
                #expect(
                    limiter.decide(sorted.map(together.spending)).map(\.outcome) == expected,
                    "\(vector.testDescription), second \(second)")
            }
        }
    }

    @Test("spent from eight threads at one instant, exactly the narrowest burst passes")
    func concurrentSpends() {
        let vector = SpendingVector(
            testDescription: "", tenant: RateLimit(rate: 1, burst: 1_000), keys: [RateLimit(rate: 1, burst: 777)],
            steps: [])
        let scene = Shared(SpendingScene(vector).spending(.init(second: 0, outcome: "")))
        let allowed = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for _ in 0..<500 where scene.value.spend(now: 1_000_000_000_000).isAllowed {
                allowed.add(1, ordering: .relaxed)
            }
        }
        #expect(allowed.load(ordering: .relaxed) == 777)
    }

    @Test("users who were not seen for longest are forgotten, and the table stays as large as it may")
    func bounded() throws {
        let users = UserLimiters(capacity: 1_000)
        let tenant = anyTenant()
        let first = users.limiter(tenant, try #require(User.ID("first")))
        #expect(users.limiter(tenant, try #require(User.ID("first"))) === first)
        for number in 0..<10_000 { _ = users.limiter(tenant, try #require(User.ID("u\(number)"))) }
        #expect(users.count <= 1_000)
        #expect(users.limiter(tenant, try #require(User.ID("first"))) !== first)
    }

    @Test("users whose identifiers Unicode holds to be equivalent have a limit each")
    func spelling() throws {
        let users = UserLimiters()
        let tenant = anyTenant()
        let (composed, decomposed) = (try #require(User.ID("\u{E9}")), try #require(User.ID("e\u{301}")))
        #expect(users.limiter(tenant, composed) !== users.limiter(tenant, decomposed))
        #expect(users.count == 2)
    }

    private func limiter(_ server: RedisServer, at second: Int64) throws -> SharedLimiter {
        let script = LimitScript(clock: "local seconds, nanoseconds = \(second), 0\n")
        let limits = RedisLimits(address: try server.address, script: script, world: .system)
        limits.keep()
        return SharedLimiter(limits: limits, world: .system)
    }
}

extension SpendingVector.Step {
    fileprivate var party: String { "\(key) \(user ?? "")" }
}

/// Lets closures share a value.
private struct Shared: Sendable {
    let value: Spending

    init(_ value: Spending) {
        self.value = value
    }
}
