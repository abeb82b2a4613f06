import Domain
import PostgresStorage
import Testing

/// Batches of one key and day have a function of their own, and a single user has statements of its own in it.
@Suite("Batches of one API key on PostgreSQL", .enabled(if: Server.isThere))
struct PostgresKeyBatchTests {
    @Test("Whatever changes of users is stored, what stays is not written", arguments: [["a"], ["a", "b"]])
    func changes(users: [String]) throws {
        let database = try Database()
        let (storage, acme) = try database.scene()
        let session = try database.session()
        // What this is about is not done by the other function.
        try session.run("ALTER FUNCTION issue_batch RENAME TO unused")
        let states: [(name: String, image: String?, custom: String?)] = [
            ("old", nil, nil), ("new", nil, nil), ("new", "https://i", nil), ("new", "https://j", "{}"),
            ("new", "https://j", #"{"a":1}"#), ("new", nil, #"{"a":1}"#), ("new", nil, nil),
        ]
        for (step, state) in states.enumerated() {
            for isRepeated in [false, true] {
                let moment = Timestamp.start.adding(seconds: Int64(2 * step + (isRepeated ? 1 : 0)))
                let commands = try users.map {
                    try acme.whole($0, state.name, image: state.image, custom: state.custom, at: moment)
                }
                #expect(try storage.issue(commands).allSatisfy(\.isIssued))
            }
            for user in users {
                let stored = try storage.user(acme.id, .of(user))
                #expect(try stored == .of(user, name: state.name, image: state.image, custom: state.custom))
            }
            let times = #"SELECT DISTINCT concat(created_at, ' ', updated_at) FROM "user""#
            let changed = Timestamp.start.adding(seconds: Int64(2 * step))
            #expect(try session.run(times) == ["\(Timestamp.start.milliseconds) \(changed.milliseconds)"])
        }
        let count = "\(2 * states.count * users.count)"
        #expect(try counts(session) == [count, count])
        storage.close()
    }

    @Test("Deactivated users are refused, the same or changed, alone or with others, and not counted")
    func deactivated() throws {
        let database = try Database()
        let (storage, acme) = try database.scene(quota: 100)
        let session = try database.session()
        try session.run("ALTER FUNCTION issue_batch RENAME TO unused")
        #expect(try storage.issue(["a", "b", "c"].map { try acme.whole($0, "new") }).allSatisfy(\.isIssued))
        try session.run(#"UPDATE "user" SET deactivated_at = 1 WHERE user_id <> 'b'"#)
        for name in ["new", "newer"] {
            #expect(try storage.issue([acme.whole("a", name)]) == [.userDeactivated])
            #expect(
                try storage.issue(["a", "c"].map { try acme.whole($0, name) }).allSatisfy { $0 == .userDeactivated })
        }
        let mixed = try storage.issue(["a", "b", "c", "d"].map { try acme.whole($0, "newer") })
        #expect(mixed.map(\.isIssued) == [false, true, false, true])
        #expect(
            try session.run(#"SELECT concat(user_id, ' ', name) FROM "user" ORDER BY user_id"#)
                == ["a new", "b newer", "c new", "d newer"])
        #expect(try counts(session) == ["5", "5"])
        storage.close()
    }

    @Test("What is of several keys, days or tenants, leaves fields alone, or is only reported goes another way")
    func others() throws {
        let database = try Database()
        let (storage, acme) = try database.scene(quota: 8)
        let other = try Application.stored("other", in: storage)
        let session = try database.session()
        try session.run("ALTER FUNCTION issue_batch_for_key RENAME TO unused")
        let tomorrow = Timestamp.start.adding(seconds: 86_400)
        for commands in try [
            [acme.command("a", name: .set("n"))],
            [acme.whole("a", "n"), acme.whole("b", "n", key: "bbbbbbbbbbbb")],
            [acme.whole("a", "n"), acme.whole("b", "n", at: tomorrow)],
            [acme.whole("a", "n"), other.whole("a", "n")],
            [acme.whole("a", "n"), acme.whole("a", "n")],
            (0..<3).map { try acme.whole("c\($0)", "n", isQuotaShadowed: true) },
        ] {
            #expect(try storage.issue(commands).allSatisfy(\.isIssued))
        }
        let today = Day(of: .start).number
        #expect(
            try session.run(
                "SELECT concat_ws(' ', tenant_id, day, api_key_id, pairs) FROM issued_day ORDER BY tenant_id, day, pairs"
            )
                == [
                    "acme \(today) bbbbbbbbbbbb 1", "acme \(today) abcdefghijkl 9",
                    "acme \(Day(of: tomorrow).number) abcdefghijkl 1", "other \(today) abcdefghijkl 1",
                ])
        #expect(try session.run("SELECT concat(kind, ' ', count) FROM day_count") == ["shadow 3"])
        #expect(throws: StoreFailure.self) { try storage.issue([acme.whole("a", "n")]) }
        storage.close()
    }

    @Test("A day on which all were refused has no count, and so has no month without a quota")
    func nothingCounted() throws {
        let database = try Database()
        let (storage, acme) = try database.scene(quota: 0)
        let other = try Application.stored("other", in: storage)
        let session = try database.session()
        try session.run(
            #"INSERT INTO "user" SELECT 'other', u, NULL, NULL, NULL, 0, 0, 1 FROM unnest('{a,b}'::text[]) AS u"#)
        for users in [["a"], ["a", "b"]] {
            #expect(try storage.issue(users.map { try acme.whole($0, "n") }).allSatisfy { $0 == .quotaExceeded })
            #expect(try storage.issue(users.map { try other.whole($0, "n") }).allSatisfy { $0 == .userDeactivated })
        }
        #expect(try counts(session) == ["0", "NULL"])
        #expect(try session.number("SELECT count(*) FROM issued_month WHERE tenant_id = 'acme'") == 0)
        storage.close()
    }

    @Test(
        "Whichever partition is a tenant's, its batches find and fill it, even if the server hashes otherwise",
        arguments: [false, true])
    func partitions(isOtherwise: Bool) throws {
        let database = try Database()
        let session = try database.session()
        if isOtherwise {
            try session.run("ALTER FUNCTION user_partition RENAME TO former_partition")
            try session.run(
                """
                CREATE FUNCTION user_partition(owner text) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT
                RETURN (former_partition(owner) + 1) & 15
                """)
        }
        let (storage, _) = try database.scene()
        let used = #"SELECT count(DISTINCT tableoid) FROM "user""#
        var number = 0
        // Names decide, so that it takes the same number of tenants every time.
        while try session.number(used) != 16, number < 400 {
            number += 1
            let application = try Application.stored("app\(number)", in: storage)
            for name in ["old", "new"] {
                let partial = try (0..<2).map { try application.command("u\($0)", name: .set(name)) }
                #expect(try storage.issue(partial).allSatisfy(\.isIssued))
                #expect(
                    try storage.issue([application.whole("v0", name), application.whole("v1", name)]).allSatisfy(
                        \.isIssued))
                #expect(try storage.issue([application.whole("w", name)]).allSatisfy(\.isIssued))
            }
            try session.run(#"UPDATE "user" SET deactivated_at = 1 WHERE user_id = 'v1'"#)
            #expect(try storage.issue([application.whole("v1", "newer")]) == [.userDeactivated])
            let both = try storage.issue([application.whole("v0", "new"), application.whole("v1", "newer")])
            #expect(both.map(\.isIssued) == [true, false])
        }
        #expect(try session.number(used) == 16)
        #expect(try session.number(#"SELECT count(*) FROM "user" WHERE name = 'new'"#) == 5 * number)
        #expect(try session.number("SELECT sum(pairs) FROM issued_day") == 11 * number)
        storage.close()
    }

    @Test("A user who was reactivated just after being passed over is for the next try, and nothing is counted")
    func surprise() throws {
        let database = try Database()
        let (storage, acme) = try database.scene()
        _ = try storage.issue([acme.whole("u", "old")])
        storage.close()
        let session = try database.session()
        // A trigger of the statement comes between the update that passes the user over and the look at why.
        try session.run(
            """
            UPDATE "user" SET deactivated_at = 1;
            CREATE FUNCTION reactivate() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                UPDATE "user" SET deactivated_at = NULL;
                RETURN NULL;
            END $$;
            DO $$
            BEGIN
                EXECUTE format(
                    'CREATE TRIGGER reactivate AFTER UPDATE ON %s WHEN (pg_trigger_depth() = 0) '
                    'EXECUTE FUNCTION reactivate()', (SELECT tableoid::regclass FROM "user"));
            END $$
            """)
        let refused = #expect(throws: StoreFailure.self) { try session.run(call("new")) }
        #expect(refused?.text.contains("another node changed the same user") == true)
        #expect(try counts(session) == ["1", "1"])
        // One who has by then become what the batch says is as it should be.
        try session.run(call("old"))
        #expect(try counts(session) == ["2", "2"])
    }

    @Test(
        "A batch, of one key or not, that was held up until its sender had given up does nothing",
        arguments: [false, true])
    func tooLate(isForKey: Bool) throws {
        func late(_ milliseconds: Int) -> String {
            guard !isForKey else { return call("late", after: milliseconds) }
            return """
                SELECT issue_batch(
                    server_clock() + \(milliseconds), 0, '{acme}', '{202611}', '{1}', '{1000}', '{u}', '{late}', '{NULL}',
                    '{NULL}', NULL, NULL, NULL, NULL, '{}', '{}', '{}', '{}')
                """
        }
        let database = try Database()
        let (storage, acme) = try database.scene()
        _ = try storage.issue([acme.whole("u", "n")])
        let session = try database.session()
        let refused = #expect(throws: StoreFailure.self) { try session.run(late(-1)) }
        #expect(refused?.text.contains("came too late") == true)
        #expect(try storage.user(acme.id, .of("u"))?.name == "n")
        #expect(try counts(session) == ["1", "1"])
        try session.run(late(10_000))
        #expect(try storage.user(acme.id, .of("u"))?.name == "late")
        storage.close()
    }

    /// Has the database do what a node asks of it, to be done within so many milliseconds.
    private func call(_ name: String, after milliseconds: Int = 10_000) -> String {
        """
        SELECT issue_batch_for_key(
            server_clock() + \(milliseconds), 0, 'acme', \(Month(of: .start).number), 1000, \(Day(of: .start).number),
            'abcdefghijkl', '{u}', '{\(name)}', '{NULL}', '{NULL}')
        """
    }

    /// The pairs counted by month and by day.
    private func counts(_ session: SQLSession) throws -> [String] {
        try session.run(
            """
            SELECT coalesce(sum(pairs)::text, 'NULL') FROM issued_month
            UNION ALL SELECT coalesce(sum(pairs)::text, 'NULL') FROM issued_day
            """)
    }
}
