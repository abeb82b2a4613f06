import Domain
import Foundation
import RedisLimits
import Testing
import TestSupport

@Suite("A cluster and a master under sentinels keep limits as one server does", .enabled(if: RedisServer.isExpected))
struct RedisTopologyTests {
    private func spend(_ tenant: Tenant.ID) -> LimitSpend {
        LimitSpend(tenant: tenant, limit: RateLimit(rate: 1, burst: 100_000), count: 1_000)
    }

    /// How many spends were there before each, at most; time takes away a little of them.
    private func spends(before standings: [LimitStanding?]) -> [Int64?] {
        standings.map { standing in standing.map { ($0.arrival - $0.now + 999_999_999_999) / 1_000_000_000_000 } }
    }

    private func cluster() throws -> [RedisServer] {
        let servers = try (0..<3).map { _ in
            try RedisServer(
                "--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-port",
                "\(try RedisServer.freePort())")
        }
        let hosts = servers.map { "127.0.0.1:\($0.port)" }
        let said = try RedisServer.run("redis-cli", ["--cluster", "create"] + hosts + ["--cluster-yes"])
        try #require(said.contains("All 16384 slots covered"), "\(said)")
        try blockUntil { try servers.allSatisfy { try $0.command("cluster", "info").contains("cluster_state:ok") } }
        return servers
    }

    @Test("in a cluster every limit is found, also after it has moved")
    func moved() throws {
        let servers = try cluster()
        let limits = RedisLimits(
            address: try #require(RedisAddress("redis+cluster://127.0.0.1:\(servers[1].port)")), world: .system)
        limits.keep()
        #expect(limits.isUp)
        let all = (0..<60).map { _ in spend(anyTenant()) }
        #expect(spends(before: limits.spend(all)) == Array(repeating: 0, count: 60))
        let errors = try servers.map { try $0.command("info", "errorstats") }
        #expect(!errors.contains { $0.contains("MOVED") }, "asked where they are: \(errors)")
        let ids = try servers.map { try $0.command("cluster", "myid").trimmingCharacters(in: .whitespacesAndNewlines) }
        let said = try RedisServer.run(
            "redis-cli",
            [
                "--cluster", "reshard", "127.0.0.1:\(servers[0].port)", "--cluster-from", ids[0], "--cluster-to",
                ids[2],
                "--cluster-slots", "5461", "--cluster-yes",
            ])
        #expect(try servers[0].command("dbsize").hasPrefix("0"), "\(said.suffix(200))")
        #expect(spends(before: limits.spend(all)) == Array(repeating: 1, count: 60), "found by following")
        limits.keep()
        #expect(limits.isUp && spends(before: limits.spend(all)) == Array(repeating: 2, count: 60))
    }

    @Test("a limit that is on the move is asked for where it goes")
    func onTheMove() throws {
        let servers = try cluster()
        let limits = RedisLimits(
            address: try #require(RedisAddress("redis+cluster://127.0.0.1:\(servers[0].port)")), world: .system)
        limits.keep()
        let one = spend(anyTenant())
        let key = "chat-tokens:limit:{\(one.tenant)}"
        let slot = try servers[0].command("cluster", "keyslot", key).trimmingCharacters(in: .whitespacesAndNewlines)
        let ids = try servers.map { try $0.command("cluster", "myid").trimmingCharacters(in: .whitespacesAndNewlines) }
        let from = try #require(try servers.firstIndex { try !$0.command("set", key, "x").hasPrefix("MOVED") })
        let to = (from + 1) % 3
        try servers[from].command("del", key)
        try servers[to].command("cluster", "setslot", slot, "importing", ids[from])
        try servers[from].command("cluster", "setslot", slot, "migrating", ids[to])
        #expect(spends(before: limits.spend([one])) == [0])
        #expect(spends(before: limits.spend([one])) == [1])
        #expect(try servers[to].command("cluster", "countkeysinslot", slot).hasPrefix("1"), "it is kept where it goes")
        limits.keep()
        #expect(limits.isUp)
    }

    @Test("a master of a cluster that is lost takes only its own limits along")
    func lostMaster() throws {
        let servers = try cluster()
        for server in servers { try server.command("config", "set", "cluster-require-full-coverage", "no") }
        let limits = RedisLimits(
            address: try #require(RedisAddress("redis+cluster://127.0.0.1:\(servers[0].port)")), world: .system)
        limits.keep()
        let all = (0..<60).map { _ in spend(anyTenant()) }
        #expect(limits.spend(all).allSatisfy { $0 != nil })
        servers[2].kill()
        let found = limits.spend(all).filter { $0 != nil }.count
        #expect((1..<60).contains(found) && !limits.isUp, "\(found)")
        limits.keep()
        #expect(!limits.isUp && limits.spend(all).filter { $0 != nil }.count == found)
    }

    @Test("the master that sentinels name is used, and its successor after it is lost")
    func failover() throws {
        let master = try RedisServer()
        let replica = try RedisServer(
            "--replicaof", "127.0.0.1 \(master.port)", "--repl-diskless-sync-delay", "0")
        try blockUntil { try replica.command("info", "replication").contains("master_link_status:up") }
        let file = FileManager.default.temporaryDirectory.appending(path: "chat-tokens-sentinel-\(UUID()).conf")
        defer { try? FileManager.default.removeItem(at: file) }
        let configuration = """
            sentinel monitor limits 127.0.0.1 \(master.port) 1
            sentinel down-after-milliseconds limits 500
            sentinel failover-timeout limits 2000

            """
        try configuration.write(to: file, atomically: true, encoding: .utf8)
        let sentinel = try RedisServer(sentinel: file)
        try blockUntil { try sentinel.command("sentinel", "replicas", "limits").contains("\(replica.port)") }
        let absent = try RedisServer.freePort()
        let url = "redis+sentinel://127.0.0.1:\(absent),127.0.0.1:\(sentinel.port)/limits"
        let limits = RedisLimits(address: try #require(RedisAddress(url)), world: .system)
        limits.keep()
        let one = spend(anyTenant())
        #expect(limits.isUp && spends(before: limits.spend([one])) == [0])
        try blockUntil { try replica.command("dbsize").hasPrefix("2") }
        master.kill()
        #expect(limits.spend([one]) == [nil])
        try blockUntil(within: 120) {
            limits.keep(); return limits.isUp
        }
        #expect(spends(before: limits.spend([one])) == [1], "what was spent is known to the successor")
        #expect(try replica.command("role").contains("master"))
        let unknown = RedisLimits(address: try #require(RedisAddress(url + "-of-others")), world: .system)
        unknown.keep()
        #expect(!unknown.isUp)
    }
}
