import Domain
import RedisLimits
import Testing
import TestSupport

@Suite("Without Redis a node goes on with its share of each limit", .enabled(if: RedisServer.isExpected))
struct SharedLimiterTests {
    /// Three nodes of one Redis, which know of each other.
    private struct Cluster {
        let server: RedisServer
        let nodes: [RedisLimits]
        let limiters: [SharedLimiter]

        init() throws {
            let server = try RedisServer()
            let nodes = try (0..<3).map { _ in RedisLimits(address: try server.address, world: .system) }
            for node in nodes { node.keep() }
            try blockUntil {
                for node in nodes { node.keep() }
                return nodes.allSatisfy { $0.nodes == 3 }
            }
            self.server = server
            self.nodes = nodes
            limiters = nodes.map { SharedLimiter(limits: $0, world: .system) }
        }
    }

    private func allowance(
        _ limit: RateLimit, tenant: Tenant.ID = anyTenant(), limiter: RateLimiter = RateLimiter()
    ) -> Spending {
        Spending(tenant: tenant, ofTenant: Allowance(limit: limit, limiter: limiter))
    }

    @Test("the share is the limit divided by the nodes, rounded down, at least 1")
    func shares() {
        #expect(RateLimit(rate: 100, burst: 50).share(of: 3) == RateLimit(rate: 33, burst: 16))
        #expect(RateLimit(rate: 2, burst: 1).share(of: 3) == RateLimit(rate: 1, burst: 1))
        #expect(RateLimit(rate: 7, burst: 9).share(of: 1) == RateLimit(rate: 7, burst: 9))
        #expect(RateLimit(rate: 7, burst: 9).share(of: 0) == RateLimit(rate: 7, burst: 9))
    }

    @Test("together they let through a burst while Redis is there, and a burst when it has gone")
    func fallback() throws {
        let cluster = try Cluster()
        let limit = RateLimit(rate: 1, burst: 30)
        let tenant = anyTenant()
        func passed() -> Int {
            cluster.limiters.map { limiter in
                let mine = allowance(limit, tenant: tenant)
                return limiter.decide(Array(repeating: mine, count: 40)).filter(\.isAllowed).count
            }.reduce(0, +)
        }
        #expect((30...31).contains(passed()))
        cluster.server.kill()
        #expect((30...32).contains(passed()), "each has a third")
        #expect(cluster.limiters.map(\.counts.alone) == [40, 40, 40])
        #expect(cluster.limiters.map(\.counts.shared) == [40, 40, 40])
    }

    @Test("whoever has spent his burst gets no second one because Redis fails")
    func follows() throws {
        let cluster = try Cluster()
        let mine = allowance(RateLimit(rate: 1, burst: 30))
        #expect(cluster.limiters[0].decide(Array(repeating: mine, count: 40)).filter(\.isAllowed).count == 30)
        cluster.server.kill()
        #expect(cluster.limiters[0].decide(Array(repeating: mine, count: 40)).filter(\.isAllowed).count <= 1)
    }

    @Test("the decisions of a batch are those of one after the other, whoever is mixed in")
    func order() throws {
        let cluster = try Cluster()
        let (one, other) = (allowance(RateLimit(rate: 1, burst: 3)), allowance(RateLimit(rate: 1, burst: 5)))
        let batch = [one, other, one, other, one, one, other]
        let decisions = cluster.limiters[0].decide(batch)
        #expect(decisions.map(\.isAllowed) == [true, true, true, true, true, false, true])
        #expect(decisions.map { $0[.tenant]?.remaining } == [2, 4, 1, 3, 0, 0, 2])
        #expect(decisions.map { $0[.tenant]?.resetSeconds } == [1, 1, 2, 2, 3, 1, 3])
        #expect(cluster.limiters[0].decide([]).isEmpty)
    }

    @Test("a limit that changes within a batch holds for the requests that come after")
    func changes() throws {
        let cluster = try Cluster()
        let (tenant, limiter) = (anyTenant(), RateLimiter())
        let old = allowance(RateLimit(rate: 1, burst: 2), tenant: tenant, limiter: limiter)
        let new = allowance(RateLimit(rate: 1, burst: 4), tenant: tenant, limiter: limiter)
        let decisions = cluster.limiters[0].decide([old, old, old, new, new, new])
        #expect(decisions.map(\.isAllowed) == [true, true, false, true, true, false])
    }
}
