import Domain
import PostgresStorage
import Synchronization
import Testing
import TestSupport

@Suite("Issuing through several PostgreSQL nodes", .enabled(if: Server.isThere))
struct PostgresIssueTests {
    @Test("The quota is exact over four nodes, commands whole or mixed with partial ones", arguments: [false, true])
    func exactQuota(isWhole: Bool) throws {
        let database = try Database()
        let quota = isWhole ? 333 : 777
        let (_, acme) = try database.scene(quota: Int64(quota))
        let nodes = try (0..<4).map { _ in try database.open() }
        let batches = try (0..<80).map { batch in
            guard isWhole else {
                return try (0..<13).map {
                    try $0 % 2 == 0 ? acme.command("u\($0)") : acme.whole("v\(batch)", "\(batch)")
                }
            }
            // Some are alone.
            return try (0..<(batch % 2 == 0 ? 1 : 13)).map { try acme.whole("v\($0)", "\(batch)") }
        }
        let outcomes = atOnce(80) { (try? nodes[$0 % 4].issue(batches[$0])) ?? [] }.flatMap { $0 ?? [] }
        #expect(outcomes.count == batches.joined().count)
        #expect(outcomes.count { $0.isIssued } == quota)
        #expect(outcomes.count { $0 == .quotaExceeded } == outcomes.count - quota)
        #expect(try nodes[0].issuedPairs(acme.id, in: Month(of: .start)) == Int64(quota))
        for node in nodes { node.close() }
    }

    @Test("Two nodes with overlapping batches in opposite order never end in a deadlock")
    func noDeadlock() throws {
        let database = try Database()
        let (storage, acme) = try database.scene()
        let other = try Application.stored("other", in: storage)
        let nodes = [storage, try database.open()]
        let failures = atOnce(2) { node in
            (0..<60).compactMap { round in
                failure { () throws(StoreFailure) in
                    var commands = (0..<40).compactMap { number in
                        try? (number % 3 == 0 ? other : acme).command("u\(number)", name: .set("\(node) \(round)"))
                    }
                    if node == 1 { commands.reverse() }
                    return try nodes[node].issue(commands)
                }
            }
        }
        #expect(failures.compactMap { $0 }.flatMap { $0 }.map(\.text) == [])
        for node in nodes { node.close() }
        #expect(try deadlocks(in: database) == 0)
    }

    @Test("A user who stays the same costs no write", arguments: [1, 2])
    func unchanged(users: Int) throws {
        let database = try Database()
        let (storage, acme) = try database.scene()
        let commands = try (0..<users).map {
            try acme.command("u\($0)", name: .set("n"), image: .set("https://i"), custom: .set("{}"))
        }
        _ = try storage.issue(commands)
        let session = try database.session()
        let before = try session.run(#"SELECT concat(xmin, ' ', xmax, ' ', ctid) FROM "user" ORDER BY user_id"#)
        _ = try storage.issue(commands)
        _ = try storage.issue((0..<users).map { try acme.command("u\($0)") })
        #expect(try session.run(#"SELECT concat(xmin, ' ', xmax, ' ', ctid) FROM "user" ORDER BY user_id"#) == before)
        #expect(try storage.issuedPairs(acme.id, in: Month(of: .start)) == Int64(3 * users))
        storage.close()
    }

    @Test("A deactivated user is refused, alone, in a batch and among tenants, and the others are served and counted")
    func deactivated() throws {
        let database = try Database()
        let (storage, acme) = try database.scene(quota: 100)
        let other = try Application.stored("other", in: storage)
        _ = try storage.issue([acme.command("gone", name: .set("kept"))])
        try database.session().run(#"UPDATE "user" SET deactivated_at = 1"#)
        #expect(try storage.issue([acme.whole("gone", "new")]) == [.userDeactivated])
        #expect(try storage.issue([acme.command("gone")]) == [.userDeactivated])
        let batch = try storage.issue([
            acme.whole("a", "new"), acme.whole("gone", "new"), acme.whole("gone", "new"), acme.whole("z", "new"),
        ])
        #expect(batch.map(\.isIssued) == [true, false, false, true])
        let mixed = try storage.issue([
            other.whole("gone", "new"), acme.whole("gone", "new"), acme.whole("b", "new"), acme.whole("b", "new"),
        ])
        #expect(mixed.map(\.isIssued) == [true, false, true, true])
        let next = Timestamp.start.adding(seconds: 11 * 86_400)
        let months = try storage.issue([
            acme.whole("gone", "new"),
            acme.whole("gone", "new", at: next), acme.whole("c", "new"),
        ])
        #expect(months.map(\.isIssued) == [false, false, true])
        #expect(try storage.issuedPairs(acme.id, in: Month(of: .start)) == 6)
        #expect(try storage.issuedPairs(acme.id, in: Month(of: next)) == 0)
        #expect(try storage.issuedPairs(other.id, in: Month(of: .start)) == 1)
        #expect(try storage.user(acme.id, .of("gone"))?.name == "kept")
        storage.close()
    }

    @Test("A field that is to stay is answered as another node has just set it, never as it was")
    func freshlyRead() throws {
        let database = try Database()
        let (storage, acme) = try database.scene()
        let nodes = [storage, try database.open()]
        _ = try storage.issue([acme.command("u", name: .set("0"), image: .set("https://0"))])
        // One node sets only the name, the other only the image: neither may put back what it had read of the other's.
        for round in 1...60 {
            let commands = [
                try acme.command("u", name: .set("\(round)")), try acme.command("u", image: .set("https://\(round)")),
            ]
            let outcomes = atOnce(2) { node in try? nodes[node].issue([commands[node]]) }
            #expect(outcomes.allSatisfy { $0??.first?.isIssued == true })
            let expected = try User.of("u", name: "\(round)", image: "https://\(round)")
            #expect(try storage.user(acme.id, .of("u")) == expected)
            #expect(outcomes.contains { $0??.first == .issued(expected) }, "who came second saw the other's")
        }
        for node in nodes { node.close() }
    }

    @Test("A batch of a hundred tenants counts each against its own quota")
    func manyTenants() throws {
        let database = try Database()
        let storage = try database.open()
        let applications = try (0..<100).map { try Application("t\($0)", quota: Int64($0 % 3)) }
        for application in applications { try storage.create(application.tenant, signingKey: application.sealed) }
        let commands = try applications.flatMap { application in
            try (0..<2).map { try application.whole("u\($0)", "n") }
        }
        let outcomes = try storage.issue(commands)
        for (number, application) in applications.enumerated() {
            #expect(outcomes[2 * number..<2 * number + 2].count { $0.isIssued } == number % 3)
            #expect(try storage.issuedPairs(application.id, in: Month(of: .start)) == Int64(number % 3))
        }
        storage.close()
    }

    @Test("Batches and a change of the users' table wait for each other, never in a circle")
    func tableChanges() throws {
        let database = try Database()
        let (storage, acme) = try database.scene()
        let isDone = Atomic(false)
        let failures = atOnce(2) { worker in
            var failures: [String] = []
            func note(_ body: () throws -> Void) {
                do { try body() } catch { failures.append("\(error)") }
            }
            guard worker == 0 else {
                note {
                    let session = try database.session()
                    for _ in 0..<60 {
                        try session.run(#"ALTER TABLE "user" ADD COLUMN extra text"#)
                        try session.run(#"ALTER TABLE "user" DROP COLUMN extra"#)
                    }
                }
                isDone.store(true, ordering: .relaxed)
                return failures
            }
            while !isDone.load(ordering: .relaxed) {
                note { _ = try storage.issue((0..<4).map { try acme.command("u\($0)", name: .set("n")) }) }
                note { _ = try storage.issue((0..<4).map { try acme.whole("u\($0)", "n") }) }
                note { _ = try storage.issue([acme.whole("u", "n")]) }
            }
            return failures
        }
        #expect(failures.compactMap { $0 }.flatMap { $0 } == [])
        storage.close()
        #expect(try deadlocks(in: database) == 0)
    }

    @Test("A person who was erased after a batch had read of them does not come back")
    func erasedMeanwhile() throws {
        let database = try Database()
        let (storage, acme) = try database.scene()
        let session = try database.session()
        func issue(_ name: String, kept: Int) throws {
            try session.run(
                """
                SELECT issue_batch(server_clock() + 1000, 0, '{\(acme.id)}', '{202611}', '{1}', '{9}', '{u}', '{\(name)}',
                    '{NULL}', '{NULL}', NULL, '{\(kept)}', NULL, NULL, '{}', '{}', '{}', '{}')
                """)
        }
        #expect(throws: StoreFailure.self) { try issue("Alice", kept: 7) }
        #expect(try storage.user(acme.id, .of("u")) == nil)
        #expect(try storage.issuedPairs(acme.id, in: Month(of: .start)) == 0)
        try issue("NULL", kept: 7)
        #expect(try storage.user(acme.id, .of("u"))?.name == nil)
        storage.close()
    }

    @Test("Plans go by index however small the tables were when they were made", arguments: [false, true])
    func plans(isPooled: Bool) throws {
        guard !isPooled || Server.pooled != nil else { return }
        let database = try Database()
        let acme = try Application("acme")
        let url = isPooled ? try #require(database.pooledURL) : database.url
        let storage = try PostgresStorage.open(url, mode: .serve, world: .standing)
        try storage.create(acme.tenant, signingKey: acme.sealed)
        _ = try storage.issue([acme.command("u", name: .set("n"))])
        _ = try storage.issue([acme.whole("u", "o")])
        let session = try database.session()
        // What the planner does not know to be small it takes for some pages, and goes by index anyway.
        try session.run("ANALYZE")
        // What is read of months to decide anew is planned each time, as suits a small table.
        let scans = """
            SELECT coalesce(sum(seq_scan), 0) FROM pg_stat_user_tables WHERE relname ~ '^(user_[0-9]|issued_day)'
            """
        try session.run("SELECT pg_stat_force_next_flush()")
        let before = try session.number(scans)
        for round in 0..<20 {
            _ = try storage.issue((0..<5).map { try acme.command("u\($0)", name: .set("\(round)")) })
            _ = try storage.issue((0..<5).map { try acme.whole("u\($0)", "\(round)") })
            _ = try storage.issue([acme.whole("v\(round)", "n")])
        }
        storage.close()
        try endOthers(session)
        #expect(try session.number(scans) == before)
        #expect(
            try session.number("SELECT idx_scan FROM pg_stat_user_tables WHERE relname = 'issued_month'") ?? 0 >= 20)
    }

    private func deadlocks(in database: Database) throws -> Int? {
        let session = try database.session()
        try endOthers(session)
        return try session.number("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    }

    /// Ends every other session with the database: a session tells its counts at its end, and a pooler's would go on.
    private func endOthers(_ session: SQLSession) throws {
        let others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        try session.run("SELECT pg_terminate_backend(pid) \(others)")
        try blockUntil { try session.number("SELECT count(*) \(others)") == 0 }
    }
}
