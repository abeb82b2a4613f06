import Domain
import PostgresStorage
import Testing

@Suite("Migrations of a PostgreSQL database", .enabled(if: Server.isThere))
struct PostgresMigrationTests {
    /// The history, oldest first; append here.
    static let all = [
        "foundation", "issuing", "management", "audit", "key_terms", "users", "accounts", "plans",
        "revocation", "refresh", "batches", "key_batches",
    ]

    /// What makes a database newer than the program.
    private static let future = "INSERT INTO schema_migration VALUES (\(all.count + 1), 'future', 'c0ffee', 0)"

    @Test("Ten nodes that start at once make one schema, and one of them says that it did")
    func concurrent() throws {
        let database = try Database(empty: true)
        let url = database.url
        let results = atOnce(10) { _ in
            Result { () throws(StoreFailure) in try PostgresStorage.migrate(url, world: .standing) }
        }
        let applied = try results.map { try #require($0).get() }.filter { !$0.isEmpty }
        #expect(applied == [Self.all])
        #expect(try database.session().number("SELECT count(*) FROM schema_migration") == Self.all.count)
    }

    @Test("What is pending is told and not applied; what is applied is not pending")
    func pending() throws {
        let database = try Database(empty: true)
        #expect(try PostgresStorage.pendingMigrations(database.url, world: .standing) == Self.all)
        #expect(try database.session().number("SELECT count(*) FROM pg_class WHERE relname = 'tenant'") == 0)
        _ = try PostgresStorage.migrate(database.url, world: .standing)
        #expect(try PostgresStorage.pendingMigrations(database.url, world: .standing) == [])
        #expect(try PostgresStorage.migrate(database.url, world: .standing) == [])
    }

    @Test("A database without the schema, or with an older one, is refused and what to do is said")
    func older() throws {
        let empty = try Database(empty: true)
        let none = failure { () throws(StoreFailure) in try open(empty) }
        #expect(none?.isUnavailable == true)
        #expect(none?.text.contains("run chat-tokens migrate") == true)
        let old = try Database()
        try old.session().run("DELETE FROM schema_migration WHERE version > 1")
        #expect(failure { () throws(StoreFailure) in try open(old) }?.text.contains("at version 1") == true)
    }

    @Test("A schema newer than the program is refused, and so is migrating it")
    func newer() throws {
        let database = try Database()
        try database.session().run(Self.future)
        let url = database.url
        for refused in [
            failure { () throws(StoreFailure) in try open(database) },
            failure { () throws(StoreFailure) in try PostgresStorage.migrate(url, world: .standing) },
        ] {
            #expect(refused?.isUnavailable == true)
            #expect(refused?.text.contains("newer than this program") == true)
        }
    }

    @Test("A node that runs already stays healthy when the schema becomes newer, but not when it is altered")
    func outlivesUpgrade() throws {
        let database = try Database()
        let storage = try database.open()
        try database.session().run(Self.future)
        #expect(storage.health().isFine)
        try database.session().run("UPDATE schema_migration SET checksum = 'c0ffee'")
        #expect(storage.health().migrations?.contains("checksums differ") == true)
        storage.close()
    }

    @Test("A history that was altered is refused")
    func alteredChecksum() throws {
        let database = try Database()
        try database.session().run("UPDATE schema_migration SET checksum = 'c0ffee' WHERE version = 1")
        let refused = failure { () throws(StoreFailure) in try open(database) }
        #expect(refused?.isCorrupt == true)
        #expect(refused?.text.contains("checksums differ") == true)
    }

    @Test("A migration that fails leaves nothing behind")
    func wholeOrNothing() throws {
        let database = try Database(empty: true)
        try database.session().run("CREATE TABLE change_log (poem text)")
        let url = database.url
        let refused = failure { () throws(StoreFailure) in try PostgresStorage.migrate(url, world: .standing) }
        #expect(refused?.text.contains("change_log") == true)
        #expect(try database.session().number("SELECT count(*) FROM pg_class WHERE relname = 'tenant'") == 0)
    }

    @Test("The history is what it was when it was released")
    func pinned() throws {
        let database = try Database()
        // Append here; never change a line.
        let checksums = try database.session().run("SELECT checksum FROM schema_migration ORDER BY version")
        #expect(
            checksums == [
                "7f236d38d75d543763bb362eb70b41774e49cd488dc9f8d95a760263c3c6f2bc",
                "5573782cb880235023c213bcaf172938f62fa90806b65e73b2f0eedec3669a56",
                "02989edc3fc95a43b9f9f1f9ba893d4fe80058b21ea4b85b87e1144e6ce8383a",
                "2e88eb1a849d3c7cf3b05d0738a4d697a2b8ea897b96e9471cbfe3a6ac14ca4a",
                "758000846e55e8126a19ce6d5e315e37f9d5c67f41e6c7c1619bffa043f4ef7b",
                "4e8e3111ad3ce20421d1c4f678b2e1f8b6e45368dc8a4414cdba8d445043e5e1",
                "926923fc1c88f4d97bece91f31390516d7ae54a55039e61a3cd59d704c858dd6",
                "5379797120b02450ad3f27d13498425349065fd34fc0c4fb76a542a4d1683354",
                "9b26e66a2ec79b927bdb604a334eefa29f55d45125e8198956f071c2d1546780",
                "641ad04b8aba207605d22a29f4df33bbca5102b28211a343982a181725ceca1c",
                "bafa64a74aaedcd44e9318b8f4d4039f288b11aad86ddff78a2fa784ff42acf5",
                "accc87c9f2982b087cf2c45ba1d0e99d27be91561e02f7da6c5d96476bb5aa8f",
            ])
    }

    private func open(_ database: Database) throws(StoreFailure) -> PostgresStorage {
        try PostgresStorage.open(database.url, mode: .tool, world: .standing)
    }
}
