import Domain
import Foundation
import GRDB
import SQLiteStorage
import Synchronization
import Testing

@Suite("Migrations of an SQLite database")
struct MigrationTests {
    @Test("Opening again applies nothing twice and writes nothing")
    func idempotent() throws {
        let file = try File()
        try file.open().close()
        let count = try file.number("SELECT count(*) FROM schema_migration")
        let version = try file.number("PRAGMA schema_version")
        try file.open(.tool).close()
        #expect(try file.number("SELECT count(*) FROM schema_migration") == count)
        #expect(count == 9)
        #expect(try file.number("SELECT count(*) FROM schema_migration WHERE length(checksum) = 64") == count)
        // GRDB itself makes and drops a table when it opens a file without a log: two changes of the schema.
        #expect(try file.number("PRAGMA schema_version").map { $0 - (version ?? 0) } ?? 0 <= 2)
    }

    @Test("Many that open a new file at once make one schema")
    func concurrent() throws {
        let file = try File()
        let path = file.path
        let results = atOnce(8) { _ in
            failure { () throws(StoreFailure) in
                try SQLiteStorage.open(path: path, mode: .tool, world: .standing, tuning: Tuning(patience: 30)).close()
            }
        }
        #expect(results.compactMap { $0 ?? nil }.map(\.text) == [])
        #expect(try file.number("SELECT count(*) FROM schema_migration") == 9)
    }

    @Test("Opening a new file waits for another who holds it, which SQLite's own busy timeout does not")
    func waits() throws {
        let file = try File()
        let other = try DatabaseQueue(path: file.path)
        let begun = DispatchSemaphore(value: 0)
        let isHeld = Mutex(false)
        other.asyncWriteWithoutTransaction { db in
            isHeld.withLock { $0 = (try? db.execute(sql: "BEGIN IMMEDIATE")) != nil }
            begun.signal()
            usleep(500_000)
            try? db.execute(sql: "ROLLBACK")
        }
        begun.wait()
        #expect(isHeld.withLock { $0 })
        try file.open(.serve, Tuning(patience: 30)).close()
        try other.close()
    }

    @Test("Opening gives up where another does not let go of the file")
    func givesUp() throws {
        let file = try File()
        let other = try DatabaseQueue(path: file.path)
        let refused = try other.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN IMMEDIATE")
            defer { try? db.execute(sql: "ROLLBACK") }
            return failure { () throws(StoreFailure) in try file.open(.tool, Tuning(patience: 0.1)).close() }
        }
        #expect(refused?.isUnavailable == true)
        #expect(refused?.text.contains("locked") == true)
        try file.open().close()
        try other.close()
    }

    @Test("A history that was altered is refused")
    func alteredChecksum() throws {
        let file = try File()
        try file.open().close()
        try file.tamper("UPDATE schema_migration SET checksum = replace(checksum, substr(checksum, 1, 1), 'g')")
        let refused = failure { () throws(StoreFailure) in try file.open() }
        #expect(refused?.isCorrupt == true)
        #expect(refused?.text.contains("checksums differ") == true)
    }

    @Test("A schema newer than the program is refused, and said to be newer")
    func newer() throws {
        let file = try File()
        try file.open().close()
        try file.tamper("INSERT INTO schema_migration VALUES (10, 'future', 'c0ffee', 0)")
        let refused = failure { () throws(StoreFailure) in try file.open() }
        #expect(refused?.isUnavailable == true)
        #expect(refused?.text.contains("newer than this program") == true)
    }

    @Test("A running server notices that its schema became another")
    func noticed() throws {
        let file = try File()
        let storage = try file.open()
        #expect(storage.health().isFine)
        try file.tamper("INSERT INTO schema_migration VALUES (10, 'future', 'c0ffee', 0)")
        #expect(storage.health().migrations?.contains("newer than this program") == true)
        try storage.close()
    }

    @Test("Somebody else's database is refused and left alone")
    func foreignFile() throws {
        let file = try File()
        try file.tamper("CREATE TABLE poem (line TEXT)")
        let refused = failure { () throws(StoreFailure) in try file.open() }
        #expect(refused?.isCorrupt == true)
        #expect(refused?.text.contains("not a ChatTokens database") == true)
        #expect(try file.number("SELECT count(*) FROM sqlite_schema") == 1)
    }

    @Test("The history is what it was when it was released")
    func pinned() throws {
        let file = try File()
        try file.open().close()
        let queue = try DatabaseQueue(path: file.path)
        let checksums = try queue.read { try String.fetchAll($0, sql: "SELECT checksum FROM schema_migration") }
        try queue.close()
        // Append here; never change a line.
        #expect(
            checksums == [
                "0fde0271b76164683dd657958d8b7f973171807455528b25692a474dcef346cf",
                "f2b7734d7213bfdd51fe5ec9bbbf8586840befb6572f65962b20d9fda750095e",
                "4694b31b17fed42e44229cbb854a757dbddbd529ddef140304e164eae318592c",
                "c2566f555282a7493dd3a9d945afd59e32644cb89aba8097015981038195ad1b",
                "6a7005d1dfd0314f20806a4dbbd380c96eeb855026c0b642bf3ee86d5b0556d1",
                "5cbf9aa1837ec408e8c242178ce63f2f8a760f69da5f1e2e7289a80eed8b4d1a",
                "b7e4bc2406f28b0fe66297b759acecbccd12e44cfa11419c0ce8971af835e00a",
                "7cd517c4a4dfd14aae15ae09052fbf91fe361c31a6c9a708f46bcfd39822e6e1",
                "ad29b670d84537c97eea0672e7f0f74a3bae09c6d01f1c3a274a82f6d4e38834",
            ])
    }
}
