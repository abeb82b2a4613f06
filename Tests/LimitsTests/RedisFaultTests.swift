import Domain
import Foundation
import RedisLimits
import Synchronization
import Testing
import TestSupport

@Suite(
    "A Redis that fails is noticed in bounded time and used again when it is back",
    .enabled(if: RedisServer.isExpected))
struct RedisFaultTests {
    /// What was told of Redis, in order.
    private final class Diary: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func note(_ event: RedisLimits.Event) {
            let line =
                switch event {
                case .up(let nodes): "up \(nodes)"
                case .down(_, let nodes): "down \(nodes)"
                }
            lines.withLock { $0.append(line) }
        }
    }

    /// A monotonic clock that stands still until the test moves it.
    private final class Clock: Sendable {
        private let time = Atomic<Int64>(1_000_000_000)

        func advance(milliseconds: Int64) {
            time.add(milliseconds * 1_000_000, ordering: .relaxed)
        }

        var world: World {
            World(
                now: World.system.now, monotonicNanoseconds: { self.time.load(ordering: .relaxed) },
                randomBytes: World.system.randomBytes)
        }
    }

    private let diary = Diary()
    private let one = LimitSpend(tenant: anyTenant(), limit: RateLimit(rate: 1, burst: 1_000), count: 1)

    private func limits(_ address: RedisAddress) -> RedisLimits {
        RedisLimits(address: address, world: .system) { [diary] in diary.note($0) }
    }

    private func isAnswered(_ limits: RedisLimits) -> Bool { limits.spend([one])[0] != nil }

    @Test("killed and started again: noticed at once, told once, back by itself")
    func killed() throws {
        let server = try RedisServer()
        let limits = limits(try server.address)
        limits.keep()
        #expect(isAnswered(limits) && limits.isUp)
        server.kill()
        for _ in 0..<20 {
            #expect(!isAnswered(limits) && !limits.isUp)
            limits.keep()
        }
        try server.start()
        try blockUntil {
            limits.keep(); return limits.isUp
        }
        #expect(isAnswered(limits))
        #expect(diary.all == ["up 1", "down 1", "up 1"])
    }

    @Test("frozen: one spend waits a bounded time, the next do not wait")
    func frozen() throws {
        let server = try RedisServer()
        let limits = limits(try server.address)
        limits.keep()
        #expect(isAnswered(limits))
        server.freeze()
        var answers: [Bool] = []
        #expect(milliseconds { answers.append(isAnswered(limits)) } < 10_000)
        #expect(milliseconds { for _ in 0..<100 { answers.append(isAnswered(limits)) } } < 5_000)
        #expect(answers == Array(repeating: false, count: 101))
        limits.keep()
        #expect(!limits.isUp)
        server.resume()
        try blockUntil {
            limits.keep(); return limits.isUp && isAnswered(limits)
        }
        #expect(diary.all == ["up 1", "down 1", "up 1"])
    }

    @Test("absent from the start: told once, found when it comes")
    func absent() throws {
        let port = try RedisServer.freePort()
        let limits = limits(try #require(RedisAddress("redis://127.0.0.1:\(port)")))
        for _ in 0..<3 {
            limits.keep()
            #expect(!isAnswered(limits))
        }
        #expect(diary.all == ["down 1"])
        let server = try RedisServer(port: port)
        try blockUntil {
            limits.keep(); return isAnswered(limits)
        }
        #expect(diary.all == ["down 1", "up 1"])
        server.kill()
    }

    @Test("something that is no Redis is no keeper of limits")
    func nonsense() throws {
        let server = try RedisServer("--requirepass", "secret")
        let limits = limits(try server.address)
        limits.keep()
        #expect(!isAnswered(limits) && diary.all == ["down 1"])
    }

    @Test("a password is given, with or without a user, and a database is chosen")
    func passwords() throws {
        let server = try RedisServer("--requirepass", "p@ss:w/rd", "--user", "limits", "on", ">other", "~*", "+@all")
        for (login, works) in [
            (":p%40ss%3Aw%2Frd", true), ("default:p%40ss%3Aw%2Frd", true), ("limits:other", true), (":wrong", false),
            ("limits:wrong", false), ("nobody:other", false),
        ] {
            let limits = limits(try #require(RedisAddress("redis://\(login)@127.0.0.1:\(server.port)/3")))
            limits.keep()
            #expect(isAnswered(limits) == works, "\(login)")
        }
        let keys = try RedisServer.command(server.port, "-a", "p@ss:w/rd", "-n", "3", "dbsize")
        #expect(keys.hasSuffix("2\n"), "\(keys)")
    }

    @Test("while it fails, attempts become rarer, but no rarer than one a second")
    func attempts() throws {
        let server = try RedisServer("--requirepass", "secret")
        let clock = Clock()
        let limits = RedisLimits(address: try server.address, world: clock.world)
        let before = try connections(server)
        for _ in 0..<100 {
            limits.keep()
            clock.advance(milliseconds: 100)
        }
        // 50, 100, 200, 400, 800 ms, then a second each, all less up to half of it.
        let attempts = try connections(server) - before - 1
        #expect((12...30).contains(attempts), "\(attempts) in 10 s")
    }

    /// How many connections the server has had.
    private func connections(_ server: RedisServer) throws -> Int {
        let stats = try server.command("-a", "secret", "--no-auth-warning", "info", "stats")
        let line = stats.split(whereSeparator: \.isNewline).first { $0.hasPrefix("total_connections_received:") }
        return try #require(line.flatMap { Int($0.dropFirst("total_connections_received:".count)) })
    }

    @Test("a server that repeats what it does not understand does not bring the password into the log")
    func repeatedPassword() throws {
        let server = try RedisServer("--rename-command", "AUTH", "SIGN-IN")
        let causes = Mutex<[String]>([])
        let address = try #require(RedisAddress("redis://:a-secret-of-redis@127.0.0.1:\(server.port)"))
        let limits = RedisLimits(address: address, world: .system) { event in
            if case .down(let failure, _) = event { causes.withLock { $0.append("\(failure)") } }
        }
        limits.keep()
        let cause = try #require(causes.withLock { $0.first })
        #expect(cause.contains("AUTH") && !cause.contains("a-secret-of-redis"), "\(cause)")
    }

    @Test("a failure names what happened")
    func causes() throws {
        let causes = Mutex<[String]>([])
        let port = try RedisServer.freePort()
        let address = try #require(RedisAddress("redis://127.0.0.1:\(port)"))
        let limits = RedisLimits(address: address, world: .system) { event in
            if case .down(let failure, _) = event { causes.withLock { $0.append("\(failure)") } }
        }
        limits.keep()
        let server = try RedisServer(port: port)
        try blockUntil {
            limits.keep(); return limits.isUp
        }
        server.freeze()
        _ = limits.spend([one])
        #expect(
            causes.withLock { $0 } == [
                "cannot connect to Redis at 127.0.0.1:\(port): Connection refused",
                "Redis at 127.0.0.1:\(port) does not answer: no answer in time",
            ])
    }

    @Test("nodes know of each other, also of one that leaves, and count none out while they come back")
    func nodes() throws {
        let server = try RedisServer()
        let clock = Clock()
        let all = try (0..<3).map { _ in RedisLimits(address: try server.address, world: clock.world) }
        func pass(seconds: Int64) {
            clock.advance(milliseconds: seconds * 1_000)
            for limits in all { limits.keep() }
        }
        pass(seconds: 0)
        pass(seconds: 2)
        #expect(all.map(\.nodes) == [3, 3, 3])
        all[2].leave()
        all[0].keep()
        clock.advance(milliseconds: 2_000)
        all[0].keep()
        #expect(all[0].nodes == 3, "too early to count anybody out")
        clock.advance(milliseconds: 10_000)
        all[0].keep()
        #expect(all[0].nodes == 2)
        server.kill()
        pass(seconds: 2)
        #expect(all.map(\.nodes) == [2, 3, 3], "what was counted last is remembered")
    }

    private func milliseconds(_ body: () -> Void) -> Int64 {
        let start = World.system.monotonicNanoseconds()
        body()
        return (World.system.monotonicNanoseconds() - start) / 1_000_000
    }
}
