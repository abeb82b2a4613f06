internal import Domain
internal import GRDB

/// Brings a database to the newest schema, and tells whether it is there.
struct Schema {
    let migrations: [Migration]

    private static let table = """
        CREATE TABLE schema_migration (
            version INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            checksum TEXT NOT NULL,
            applied_at INTEGER NOT NULL
        ) STRICT
        """

    /// Applies what is missing, in one transaction; a database that is up to date is not written to.
    func migrate(_ db: Database, at moment: Timestamp) throws {
        guard try applied(db) < migrations.count else { return }
        try db.inTransaction(.immediate) {
            // Another process may have migrated while this one waited for its turn.
            let version = try applied(db)
            if version == 0 { try db.execute(sql: Self.table) }
            for migration in migrations.dropFirst(version) {
                try db.execute(sql: migration.sql)
                try db.execute(
                    sql: "INSERT INTO schema_migration (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)",
                    arguments: [migration.version, migration.name, migration.checksum, moment.milliseconds])
            }
            return .commit
        }
    }

    /// What is wrong with the schema for this program; nil: nothing.
    func complaint(_ db: Database) -> String? {
        do throws(StoreFailure) {
            let version = try applied(db)
            guard version < migrations.count else { return nil }
            return "the schema is at version \(version), this program needs \(migrations.count)"
        } catch {
            return error.cause
        }
    }

    /// The version the database is at; throws where its history is not a beginning of this program's.
    private func applied(_ db: Database) throws(StoreFailure) -> Int {
        let rows = try history(db)
        for (index, row) in rows.enumerated() {
            let version: Int = try row.required("version")
            guard index < migrations.count else {
                throw .unavailable(
                    cause: "the schema is at version \(rows.count) and newer than this program, which knows "
                        + "\(migrations.count); use the newer program")
            }
            let migration = migrations[index]
            guard version == migration.version, try row.required("checksum") == migration.checksum else {
                throw .corrupt(
                    cause: "migration \(version) of this database is not the \"\(migration.name)\" this program knows "
                        + "(checksums differ): the database was made by another program or its history was altered")
            }
        }
        return rows.count
    }

    private func history(_ db: Database) throws(StoreFailure) -> [Row] {
        try StoreFailure.translating {
            // One statement, so that another process's migration is seen whole or not at all.
            let tables = try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
            guard tables.contains("schema_migration") else {
                guard tables.isEmpty else {
                    throw StoreFailure.corrupt(cause: "the file holds tables but is not a ChatTokens database")
                }
                return []
            }
            return try Row.fetchAll(db, sql: "SELECT version, checksum FROM schema_migration ORDER BY version")
        }
    }
}
