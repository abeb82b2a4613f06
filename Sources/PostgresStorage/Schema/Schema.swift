internal import Domain

/// Brings a database to the newest schema, and tells whether it is there.
struct Schema: Sendable {
    let migrations: [Migration]

    private static let table = Statement(
        """
        CREATE TABLE schema_migration (
            version bigint NOT NULL PRIMARY KEY,
            name text NOT NULL,
            checksum text NOT NULL,
            applied_at bigint NOT NULL
        )
        """)

    /// The first release with MERGE.
    private static let oldestServer: Int64 = 150_000

    /// Seconds that a migration may take, or wait for another node's.
    private static let patience = 600.0

    /// Applies what is missing, in one transaction; a database that is up to date is not written to.
    ///
    /// - Returns: the names of what was applied.
    func migrate(_ connection: inout Connection, _ world: World) throws(StoreFailure) -> [String] {
        guard try !pending(&connection).isEmpty else { return [] }
        return try connection.transaction { connection throws(StoreFailure) in
            try connection.exchange([
                Statement(
                    """
                    SELECT set_config('statement_timeout', '0', true),
                        set_config('idle_in_transaction_session_timeout', '60s', true)
                    """)
            ])
            // Held until the commit; a lock of the session would not hold behind a pooler.
            try connection.exchange(
                [Statement("SELECT pg_advisory_xact_lock(hashtextextended('chat-tokens schema', 0))")],
                patience: Self.patience)
            // Another node may have migrated while this one waited for its turn.
            let pending = try pending(&connection)
            if pending.count == migrations.count { try connection.exchange([Self.table]) }
            for migration in pending {
                try connection.script(migration.sql, patience: Self.patience)
                try connection.changeOne(
                    Statement(
                        "INSERT INTO schema_migration (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)",
                        .number(Int64(migration.version)), .text(migration.name), .text(migration.checksum),
                        .number(world.now().milliseconds)))
            }
            try PostgresStorage.makePartitions(at: world.now(), &connection)
            return pending.map(\.name)
        }
    }

    /// What is wrong with the schema for this program; nil: nothing.
    ///
    /// For a program that is running it may have become newer meanwhile: migrations leave alone what the release before
    /// uses, and a rolling upgrade must not take every old node out of service at once.
    func complaint(_ connection: inout Connection, isRunning: Bool = false) throws(StoreFailure) -> String? {
        let version = try applied(&connection, orNewer: isRunning)
        guard version < migrations.count else { return nil }
        return "the schema is at version \(version), this program needs \(migrations.count); run chat-tokens migrate"
    }

    /// What the database lacks.
    func pending(_ connection: inout Connection) throws(StoreFailure) -> [Migration] {
        Array(migrations.dropFirst(try applied(&connection)))
    }

    /// The version the database is at; throws where its history is not a beginning of this program's.
    private func applied(_ connection: inout Connection, orNewer: Bool = false) throws(StoreFailure) -> Int {
        let rows = try history(&connection)
        for (index, row) in rows.enumerated() {
            guard index < migrations.count else {
                guard !orNewer else { return migrations.count }
                throw .unavailable(
                    cause: "the schema is at version \(rows.count) and newer than this program, which knows "
                        + "\(migrations.count); use the newer program")
            }
            let migration = migrations[index]
            guard row.version == migration.version, row.checksum == migration.checksum else {
                throw .corrupt(
                    cause: "migration \(row.version) of this database is not the \"\(migration.name)\" this program "
                        + "knows (checksums differ): the database was made by another program or its history was "
                        + "altered")
            }
        }
        return rows.count
    }

    private func history(
        _ connection: inout Connection
    ) throws(StoreFailure) -> [(version: Int64, checksum: String)] {
        var encoding = "", isThere = false, version: Int64 = 0
        // A scan, since to_regclass may answer from what the session remembers of before it waited for its turn.
        try connection.exchange([
            Statement(
                """
                SELECT current_setting('server_encoding'), EXISTS (
                        SELECT FROM pg_class AS c WHERE c.relname = 'schema_migration' AND pg_table_is_visible(c.oid)
                    ), current_setting('server_version_num')::bigint
                """)
        ]) { _, answer throws(StoreFailure) in
            _ = try answer.row { row throws(StoreFailure) in
                encoding = try row.text(0)
                isThere = try row.flag(1)
                version = try row.number(2)
            }
        }
        guard version >= Self.oldestServer else {
            throw .unavailable(cause: "the server is older than PostgreSQL \(Self.oldestServer / 10_000)")
        }
        guard encoding == "UTF8" else {
            throw .unavailable(cause: "the database is encoded in \(encoding); ChatTokens needs one in UTF8")
        }
        var rows: [(version: Int64, checksum: String)] = []
        guard isThere else { return rows }
        try connection.exchange([
            Statement("SELECT version, checksum FROM schema_migration ORDER BY version")
        ]) { _, answer throws(StoreFailure) in
            rows = try answer.rows { row throws(StoreFailure) in (try row.number(0), try row.text(1)) }
        }
        return rows
    }
}
