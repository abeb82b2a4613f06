import Domain
import RedisLimits
import Synchronization
import Testing

@Suite("Nothing that Redis holds or says ends a node", .enabled(if: RedisServer.isExpected))
struct HostileRedisTests {
    private let limit = RateLimit(rate: 1, burst: 40)

    @Test(
        "a stored value that no node has written counts as a limit that is spent, or as none",
        arguments: [
            "1764000000 0 8000000000000000000", "1764000000 0 9223372036854775807",
            "1764000000 0 99999999999999999999999999999999999999",
            "0 0 \(String(repeating: "9", count: 400))", "\(String(repeating: "9", count: 400)) 0 1",
            "9223372036854775807 9223372036854775807 9223372036854775807", "-1 -1 -1", "x", "",
        ])
    func values(value: String) throws {
        let server = try RedisServer()
        let tenant = anyTenant()
        try server.command("set", "chat-tokens:limit:{\(tenant)}", value)
        let limits = RedisLimits(
            address: try server.address, script: LimitScript(clock: "local seconds, nanoseconds = 1764000000, 0\n"),
            world: .system)
        limits.keep()
        let one = Spending(tenant: tenant, ofTenant: Allowance(limit: limit, limiter: RateLimiter()))
        let limiter = SharedLimiter(limits: limits, world: .system)
        for _ in 0..<2 {
            let decision = try #require(limiter.decide([one])[0][.tenant])
            #expect(decision.resetSeconds <= 40, "\(decision)")
        }
        #expect(limiter.counts.alone == 0)
    }

    @Test(
        "a clock out of range is none: each node goes on with its share",
        arguments: [
            "9223372036854775807, 0", "9000000000, 0", "-1, 0", "5, -1", "5, 1000000000", "5, 9223372036854775807",
        ])
    func clocks(clock: String) throws {
        let server = try RedisServer()
        let limits = RedisLimits(
            address: try server.address, script: LimitScript(clock: "local seconds, nanoseconds = \(clock)\n"),
            world: .system)
        limits.keep()
        let spend = LimitSpend(tenant: anyTenant(), limit: limit, count: 1)
        #expect(limits.spend([spend]) == [nil] && !limits.isUp)
    }

    @Test("a script that answers with any numbers leaves arrivals within what a limit can be", arguments: [-1, 1])
    func answers(sign: Int) throws {
        let server = try RedisServer()
        let forged = "do return {5, 0, \(sign) * 9007199254740992 * 1000} end\n"
        let limits = RedisLimits(
            address: try server.address, script: LimitScript(clock: forged), world: .system)
        limits.keep()
        let standing = try #require(limits.spend([LimitSpend(tenant: anyTenant(), limit: limit, count: 1)])[0])
        #expect(standing.now == 5_000_000_000)
        #expect(standing.arrival == standing.now + (sign < 0 ? 0 : RateLimit.longestTolerance))
    }

    @Test("a sentinel that names a port that is none is no sentinel", arguments: ["0", "-1", "65536", "4294967296"])
    func ports(port: String) throws {
        let sentinel = try CannedServer("*2\r\n$9\r\n127.0.0.1\r\n$\(port.utf8.count)\r\n\(port)\r\n")
        let causes = Mutex<[String]>([])
        let address = try #require(RedisAddress("redis+sentinel://127.0.0.1:\(sentinel.port)/limits"))
        let limits = RedisLimits(address: address, world: .system) { event in
            if case .down(let failure, _) = event { causes.withLock { $0.append("\(failure)") } }
        }
        limits.keep()
        #expect(causes.withLock { $0 } == ["what answers at 127.0.0.1:\(sentinel.port) is not Redis as we know it"])
    }
}
