import Dispatch
import Domain
import Foundation
import PostgresStorage
import Synchronization
import Testing

@Suite("The change log in PostgreSQL", .enabled(if: Server.isThere))
struct PostgresChangeTests {
    @Test("An entry whose transaction commits late is not skipped by one that read on meanwhile")
    func lateCommit() throws {
        let database = try Database()
        let (storage, acme) = try database.scene()
        var position = try storage.newestChange()
        // A transaction takes its number and stays open.
        let slow = try database.session()
        try slow.run("BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('chat-tokens change_log', 0))")
        try slow.run("INSERT INTO change_log VALUES (nextval('change_log_sequence'), 'tenant', 'late', 0)")
        // Another wants to append; it must not become readable before.
        let url = database.url
        let isDone = Mutex(false)
        let group = DispatchGroup()
        DispatchQueue.global().async(group: group) {
            let other = try? PostgresStorage.open(url, mode: .tool, world: .standing)
            try? other?.setStatus(.suspended, of: acme.id)
            isDone.withLock { $0 = true }
            other?.close()
        }
        Thread.sleep(forTimeInterval: 0.5)
        let meanwhile = try storage.changes(after: position, limit: 10)
        #expect(meanwhile == [])
        #expect(!isDone.withLock { $0 })
        position = meanwhile.last?.sequence ?? position
        try slow.run("COMMIT")
        group.wait()
        let changes = try storage.changes(after: position, limit: 10)
        #expect(changes.map(\.subject) == [.tenant(try #require(Tenant.ID("late"))), .tenant(acme.id)])
        storage.close()
    }

    @Test("A change wakes whoever waits; without one it is a timer")
    func wakes() throws {
        let database = try Database()
        let (storage, acme) = try database.scene()
        #expect(!storage.hearsChanges)
        _ = storage.waitForChange(seconds: 0)
        #expect(storage.hearsChanges)
        #expect(!storage.waitForChange(seconds: 0.05))
        let start = World.system.monotonicNanoseconds()
        DispatchQueue.global().asyncAfter(deadline: .now() + 0.1) { try? storage.setStatus(.active, of: acme.id) }
        #expect(storage.waitForChange(seconds: 300))
        #expect(World.system.monotonicNanoseconds() - start < 20_000_000_000)
        storage.close()
    }

    @Test("Whoever waits gets over the loss of his connection, and hears again")
    func survivesLoss() throws {
        let database = try Database()
        let (storage, acme) = try database.scene()
        _ = storage.waitForChange(seconds: 0)
        try database.session().run(
            """
            SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
            WHERE datname = current_database() AND query ~ 'LISTEN' AND pid <> pg_backend_pid()
            """)
        var tries = 0
        repeat {
            _ = storage.waitForChange(seconds: 0.1)
            tries += 1
        } while !storage.hearsChanges && tries < 200
        DispatchQueue.global().asyncAfter(deadline: .now() + 0.1) { try? storage.setStatus(.active, of: acme.id) }
        #expect(storage.waitForChange(seconds: 300))
        storage.close()
    }

    @Test("A revocation and a change of one key at once end in a revoked key")
    func raceForKey() throws {
        let database = try Database()
        let (storage, acme) = try database.scene()
        let other = try database.open()
        for round in 0..<20 {
            let key = try APIKey.sample("key\(100_000_000 + round)", owner: .tenant(acme.id))
            try storage.create(key)
            var renamed = key
            renamed.name = "renamed"
            _ = atOnce(2) { [renamed] which in
                if which == 0 {
                    try? storage.revoke(key, with: APIKey.Revocation(at: .start, reason: "leaked"))
                } else {
                    try? other.update(renamed, after: key, recording: .sample(for: acme.id))
                }
            }
            #expect(try storage.apiKey(key.id)?.revocation != nil)
        }
        storage.close()
        other.close()
    }

    @Test("Old months are dropped, the months to come are there, and what lies between stays")
    func prune() throws {
        let database = try Database()
        let (storage, _) = try database.scene()
        let session = try database.session()
        let months = "SELECT relname FROM pg_class WHERE relname ~ '^change_log_[0-9]{6}$' ORDER BY 1"
        #expect(try session.run(months).first == "change_log_202611")
        #expect(try session.run(months).last == "change_log_202711")
        #expect(try session.number("SELECT count(*) FROM change_log_202611") == 1)
        // What was logged before there were partitions, and one old partition.
        try session.run(
            "INSERT INTO change_log VALUES (-2, 'tenant', 'old', 0), (-1, 'tenant', 'recent', 1790000000000)")
        try session.run(
            """
            CREATE TABLE change_log_202601 PARTITION OF change_log FOR VALUES FROM (1767225600000) TO (1769904000000)
            """)
        #expect(try storage.prune(keepingMonths: 3, dryRun: true) == ["change_log_202601"])
        #expect(try session.run(months).first == "change_log_202601")
        #expect(try storage.prune(keepingMonths: 3) == ["change_log_202601"])
        #expect(try session.run(months).first == "change_log_202611")
        #expect(try session.run("SELECT subject_id FROM change_log ORDER BY sequence") == ["recent", "acme"])
        #expect(try storage.prune(keepingMonths: 3) == [])
        storage.close()
    }
}
