import Dispatch
import Domain
import Foundation
import PostgresStorage
import Testing

@Suite("A PostgreSQL server on a bad day", .enabled(if: Server.isThere))
struct PostgresBadDayTests {
    private func seconds(_ body: () -> Void) -> Double {
        let start = World.system.monotonicNanoseconds()
        body()
        return Double(World.system.monotonicNanoseconds() - start) / 1e9
    }

    /// Whether the body ends well within the time, tried again and again.
    private func recovers(within seconds: Double, _ body: () -> Bool) -> Bool {
        let end = World.system.monotonicNanoseconds() + Int64(seconds * 1e9)
        while World.system.monotonicNanoseconds() < end {
            if body() { return true }
            Thread.sleep(forTimeInterval: 0.02)
        }
        return false
    }

    @Test("After its backends were terminated every method works at the next call")
    func terminated() throws {
        let database = try Database()
        let (storage, acme) = try database.scene()
        for round in 0..<5 {
            _ = try storage.issue([acme.command("u", name: .set("\(round)"))])
            _ = try storage.tenant(acme.id)
            try database.session().run(
                """
                SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()
                """)
            #expect(try storage.user(acme.id, .of("u"))?.name == "\(round)")
            #expect(try storage.issue([acme.command("u", name: .set("again"))]).first?.isIssued == true)
        }
        #expect(try storage.issuedPairs(acme.id, in: Month(of: .start)) == 10)
        storage.close()
    }

    @Test(
        "What was acknowledged survives a crash of a server that does not flush by itself",
        .enabled(if: OwnServer.isPossible))
    func durable() throws {
        let server = try OwnServer()
        _ = try PostgresStorage.migrate(server.url, world: .standing)
        let storage = try PostgresStorage.open(server.url, mode: .serve, world: .standing)
        let acme = try Application.stored("acme", in: storage)
        for round in 1...3 {
            _ = try storage.issue([acme.whole("alone", "\(round)")])
            try server.crash()
            try server.start()
            #expect(recovers(within: 30) { (try? storage.user(acme.id, .of("alone"))?.name) == "\(round)" })
            _ = try storage.issue((0..<9).map { try acme.command("u\($0)", name: .set("\(round)")) })
            try server.crash()
            try server.start()
            #expect(recovers(within: 30) { (try? storage.user(acme.id, .of("u8"))?.name) == "\(round)" })
            var renamed = acme.tenant
            renamed.name = "\(round)"
            try storage.update(renamed)
            try server.crash()
            try server.start()
            #expect(recovers(within: 30) { (try? storage.tenant(acme.id)?.tenant.name) == "\(round)" })
        }
        storage.close()
    }

    @Test(
        "While it is frozen every call ends in bounded time, and soon after it goes on they work",
        .enabled(if: OwnServer.isPossible))
    func frozen() throws {
        let server = try OwnServer()
        _ = try PostgresStorage.migrate(server.url, world: .standing)
        let storage = try PostgresStorage.open(server.url, mode: .serve, world: .standing)
        let acme = try Application.stored("acme", in: storage)
        let command = try acme.whole("u", "n")
        _ = try storage.issue([command])
        server.signal("STOP")
        for round in 0..<3 {
            let results = atOnce(12) { number in
                let isRefused: Bool
                switch number % 3 {
                case 0:
                    isRefused =
                        failure { () throws(StoreFailure) in try storage.issue([command]) }?.isUnavailable == true
                case 1: isRefused = failure { () throws(StoreFailure) in try storage.tenants() }?.isUnavailable == true
                default: isRefused = !storage.waitForChange(seconds: 1)
                }
                return isRefused
            }
            #expect(results.allSatisfy { $0 == true }, "\(round)")
        }
        let alone = seconds { _ = failure { () throws(StoreFailure) in try storage.issue([command]) } }
        #expect(alone < 10)
        server.signal("CONT")
        #expect(recovers(within: 20) { (try? storage.issue([command]).first?.isIssued) == true })
        #expect(recovers(within: 20) { (try? storage.tenants().count) == 1 })
        storage.close()
    }

    @Test("Where somebody listens but never answers, opening ends with what was tried, without the password")
    func silent() throws {
        let silence = try Silence()
        let url = "postgres://chat:s3cret-pw@127.0.0.1:\(silence.port)/chat"
        var refused: StoreFailure?
        let spent = seconds { refused = failure { () throws(StoreFailure) in try open(url) } }
        #expect(refused?.isUnavailable == true)
        #expect(refused?.text.contains("cannot connect") == true)
        #expect(refused?.text.contains("s3cret") == false)
        #expect(spent < 20)
    }

    @Test(
        "A URL that cannot be read is refused without a word of it",
        arguments: [
            "postgres://chat:s3cret%zz@h/db", "postgres://chat:s3cret@[::1/db", "postgres://h/db?s3cret=1",
            "postgres://chat:s3cret@h:port/db", "dbname='s3cret",
        ])
    func badURL(url: String) {
        let refused = failure { () throws(StoreFailure) in try open(url) }
        #expect(refused?.isUnavailable == true)
        #expect(refused?.text.contains("s3cret") == false, "\(refused?.text ?? "")")
    }

    @Test("A value that the server refuses is not in the cause")
    func noValues() throws {
        let database = try Database()
        let (storage, acme) = try database.scene()
        try database.session().run(#"ALTER TABLE "user" ADD CONSTRAINT strict CHECK (name <> 's3cret')"#)
        for users in [1, 2] {
            let commands = try (0..<users).map {
                try acme.whole("s3cret-\($0)", "s3cret")
            }
            let refused = failure { () throws(StoreFailure) in try storage.issue(commands) }
            #expect(refused?.isCorrupt == true)
            #expect(refused?.text.contains("strict") == true)
            #expect(refused?.text.contains("s3cret") == false, "\(refused?.text ?? "")")
        }
        #expect(try storage.issuedPairs(acme.id, in: Month(of: .start)) == 0)
        storage.close()
    }

    @Test("After closing every method says so, and closing again does nothing")
    func closed() throws {
        let database = try Database()
        let (storage, acme) = try database.scene()
        storage.close()
        storage.close()
        let command = try acme.command("u")
        #expect(failure { () throws(StoreFailure) in try storage.tenants() }?.isUnavailable == true)
        #expect(failure { () throws(StoreFailure) in try storage.issue([command]) }?.isUnavailable == true)
        #expect(!storage.waitForChange(seconds: 0.01))
        #expect(storage.health().database != nil)
    }

    private func open(_ url: String) throws(StoreFailure) -> PostgresStorage {
        try PostgresStorage.open(url, mode: .tool, world: .system)
    }
}

/// A port that takes connections and never says anything.
final class Silence: Sendable {
    private let descriptor: Int32
    let port: UInt16

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let status = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(descriptor, pointer, length) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, pointer, &length) == 0
            }
        }
        try #require(status)
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }
}
