import Domain
import Foundation
import SQLiteStorage
import Synchronization
import Testing
import TestSupport

@Suite("Upkeep of an SQLite database")
struct UpkeepTests {
    @Test("An unchanged user is not written, a changed one carries the time of its change")
    func updatedAt() throws {
        let file = try File()
        let (storage, acme) = try file.scene()
        let later = Timestamp.start.adding(seconds: 60)
        let latest = later.adding(seconds: 60)
        _ = try storage.issue([acme.command("u", name: .set("n"), custom: .set("{}"))])
        _ = try storage.issue([acme.command("u", name: .set("n"), custom: .set("{}"), at: later)])
        #expect(try file.number("SELECT updated_at FROM user") == Timestamp.start.milliseconds)
        _ = try storage.issue([acme.command("u", custom: .set("{ }"), at: latest)])
        #expect(try file.number("SELECT updated_at FROM user") == latest.milliseconds)
        #expect(try file.number("SELECT created_at FROM user") == Timestamp.start.milliseconds)
        try storage.close()
    }

    @Test("A deactivated user gets no tokens and stays as it was")
    func deactivated() throws {
        let file = try File()
        let (storage, acme) = try file.scene()
        _ = try storage.issue([acme.command("u", name: .set("n"))])
        try file.tamper("UPDATE user SET deactivated_at = 1")
        let outcomes = try storage.issue([acme.command("u", name: .set("m")), acme.command("v")])
        #expect(outcomes.first == .userDeactivated)
        #expect(outcomes.last?.isIssued == true)
        #expect(try storage.user(acme.id, .of("u"))?.name == "n")
        #expect(try storage.issuedPairs(acme.id, in: Month(of: .start)) == 2)
        try storage.close()
    }

    @Test(
        "The write-ahead log stays bounded under unbroken writing, the more so beside a small database",
        arguments: [Tuning(longestLog: 300), Tuning(shortestLog: 300)])
    func boundedLog(_ tuning: Tuning) throws {
        let file = try File()
        let (storage, acme) = try file.scene(tuning)
        var longest = 0
        for round in 0..<400 {
            let commands = try (0..<50).map { try acme.command("user-\($0 * 37)", name: .set("\(round)")) }
            _ = try storage.issue(commands)
            longest = max(longest, file.size("-wal"))
        }
        #expect(longest > 0)
        #expect(longest < 400 * 4_120, "\(longest)")
        try storage.close()
        #expect(file.size("-wal") == 0)
    }

    @Test("The log is moved into the file without anybody asking")
    func checkpoints() throws {
        let file = try File()
        let (storage, acme) = try file.scene()
        let before = file.size()
        _ = try storage.issue((0..<200).map { try acme.command("user-\($0)", name: .set("n")) })
        try blockUntil { file.size() > before }
        try storage.close()
    }

    @Test("A backup is the database at one moment, whatever is written meanwhile")
    func backup() throws {
        let file = try File()
        let copy = try File()
        let (storage, acme) = try file.scene()
        let custom = #"{"text":"\#(String(repeating: "x", count: 1_000))"}"#
        for batch in 0..<20 {
            _ = try storage.issue(
                (0..<250).map { try acme.command("user-\(batch * 250 + $0)", name: .set("0"), custom: .set(custom)) })
        }
        let steps = Mutex(0)
        try storage.backup(to: copy.path) { copied, total in
            #expect(copied <= total)
            let step = steps.withLock { steps in
                steps += 1
                return steps
            }
            // The first and the last page of the table in one batch: a torn copy would hold one without the other.
            let commands = try? ["user-0", "user-4999", "new-\(step)"].map {
                try acme.command($0, name: .set("\(step)"))
            }
            #expect((try? storage.issue(commands ?? []))?.count == 3)
        }
        #expect(steps.withLock { $0 } > 1, "written to while it was copied")
        #expect(try storage.user(acme.id, .of("user-4999"))?.name != "0")

        let restored = try copy.open()
        #expect(try restored.integrityCheck() == [])
        #expect(try restored.user(acme.id, .of("user-0"))?.name == "0")
        #expect(try restored.user(acme.id, .of("user-4999"))?.name == "0")
        #expect(try copy.number("SELECT count(*) FROM user") == 5_000)
        #expect(try restored.issuedPairs(acme.id, in: Month(of: .start)) == 5_000)
        #expect(try restored.tenant(acme.id)?.keys == [acme.sealed])
        #expect(copy.mode() == 0o600)
        try restored.close()
        try storage.close()
    }

    @Test("A backup replaces nothing and leaves nothing behind where it fails")
    func backupRefuses() throws {
        let file = try File()
        let (storage, _) = try file.scene()
        let taken = file.folder.path + "/taken"
        try Data("precious".utf8).write(to: URL(fileURLWithPath: taken))
        #expect(failure { () throws(StoreFailure) in try storage.backup(to: taken) }?.isConflict == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: taken)) == Data("precious".utf8))
        #expect(failure { () throws(StoreFailure) in try storage.backup(to: file.path) }?.isConflict == true)
        let nowhere = file.folder.path + "/no/such/place"
        #expect(failure { () throws(StoreFailure) in try storage.backup(to: nowhere) }?.isUnavailable == true)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: file.folder.path).allSatisfy { !$0.contains("partial") }
        )
        try storage.close()
    }

    @Test("Health is fine on a good day, and says when the disk is nearly full")
    func health() throws {
        let file = try File()
        let (storage, _) = try file.scene()
        #expect(storage.health() == StorageHealth(database: nil, migrations: nil, disk: nil))
        #expect(try file.number("SELECT count(*) FROM deployment WHERE name = 'heartbeat'") == 1, "it really wrote")
        try storage.close()
        let crowded = try file.open(.serve, Tuning(leastFree: .max))
        #expect(crowded.health().disk?.contains("bytes are free") == true)
        #expect(crowded.health().database == nil)
        try crowded.close()
        #expect(crowded.health().database != nil)
    }

    @Test("The check of the master key is stored once")
    func masterKeyCheck() throws {
        let file = try File()
        let storage = try file.open()
        #expect(try storage.isEmpty())
        #expect(try storage.masterKeyCheck() == nil)
        #expect(try storage.setMasterKeyCheck([1, 2, 3]) == [1, 2, 3])
        #expect(try storage.setMasterKeyCheck([9]) == [1, 2, 3])
        #expect(try storage.masterKeyCheck() == [1, 2, 3])
        _ = try Application.stored("acme", in: storage)
        #expect(try !storage.isEmpty())
        try storage.close()
    }
}
