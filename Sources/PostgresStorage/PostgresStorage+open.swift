package import Domain

extension PostgresStorage {
    /// Opens the database, whose schema must be the one this program knows.
    ///
    /// - Parameters:
    ///   - url: `postgres://…` as libpq understands it; several hosts, TLS and time-outs are said there.
    ///   - mode: who opens it.
    ///   - world: the source of the times that no caller gives.
    /// - Returns: the database, ready.
    /// - Throws: `unavailable` where the server cannot be reached, or the schema is older or newer than this program;
    ///   `corrupt` where its history is not this program's.
    package static func open(_ url: String, mode: Mode, world: World) throws(StoreFailure) -> PostgresStorage {
        let schema = Schema(migrations: Migration.all)
        let storage = PostgresStorage(try Address(url), mode: mode, world: world, schema: schema)
        do throws(StoreFailure) {
            let complaint = try storage.pool.use { connection throws(StoreFailure) in
                try schema.complaint(&connection)
            }
            if let complaint { throw .unavailable(cause: complaint) }
            return storage
        } catch {
            storage.close()
            throw error.prefixed("cannot open the database")
        }
    }

    /// Brings the schema up to date, whoever else does the same meanwhile.
    ///
    /// - Parameters:
    ///   - url: the database.
    ///   - world: says when.
    /// - Returns: the names of the migrations that this call applied, oldest first.
    /// - Throws: `unavailable` where the server cannot be reached or the schema is newer than this program; `corrupt`
    ///   where the schema is another program's.
    package static func migrate(_ url: String, world: World) throws(StoreFailure) -> [String] {
        try Line(Address(url), world: world).use { connection throws(StoreFailure) in
            try Schema(migrations: Migration.all).migrate(&connection, world)
        }
    }

    /// The names of the migrations that ``migrate(_:world:)`` would apply, oldest first; nothing is changed.
    ///
    /// - Parameters:
    ///   - url: the database.
    ///   - world: the clock that waiting is timed by.
    /// - Returns: the names.
    /// - Throws: as ``migrate(_:world:)`` does.
    package static func pendingMigrations(_ url: String, world: World) throws(StoreFailure) -> [String] {
        try Line(Address(url), world: world).use { connection throws(StoreFailure) in
            try Schema(migrations: Migration.all).pending(&connection).map(\.name)
        }
    }
}
