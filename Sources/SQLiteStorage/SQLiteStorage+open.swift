package import Domain
internal import CSQLite
internal import GRDB

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension SQLiteStorage {
    /// Opens the database, creates it with mode 0600 where it is missing, and brings its schema up to date.
    ///
    /// - Parameters:
    ///   - path: the file; its directory must exist.
    ///   - mode: who opens it.
    ///   - world: the source of the times that no caller gives.
    ///   - tuning: adjustments.
    /// - Returns: the database, ready.
    /// - Throws: `unavailable` where the file cannot be used, where another server serves it (mode `serve` only) and
    ///   where its schema is newer than this program; `corrupt` where its history is not this program's.
    package static func open(
        path: String, mode: Mode, world: World, tuning: Tuning = Tuning()
    ) throws(StoreFailure) -> SQLiteStorage {
        try open(path: path, mode: mode, world: world, tuning: tuning, schema: Schema(migrations: Migration.all))
    }

    /// Whether a server runs on the database of this path.
    package static func isServed(path: String) -> Bool {
        FileLock.isHeld(path: DatabaseFile(path: path).lockPath)
    }

    static func open(
        path: String, mode: Mode, world: World, tuning: Tuning, schema: Schema
    ) throws(StoreFailure) -> SQLiteStorage {
        _ = tuneLibrary
        let file = DatabaseFile(path: path)
        let lock = mode == .serve ? try FileLock(path: file.lockPath) : nil
        try file.create()
        do throws(StoreFailure) {
            let configuration = configuration(mode, tuning)
            let pool = try StoreFailure.translating { try connect(file, configuration, world, tuning) }
            let checkpointer = mode == .serve ? try Checkpointer(file, configuration, tuning) : nil
            try StoreFailure.translating {
                try pool.writeWithoutTransaction { db in
                    // The pool lowers this to NORMAL on its writer after `prepareDatabase` ran.
                    try db.execute(sql: "PRAGMA synchronous = FULL")
                    try schema.migrate(db, at: world.now())
                    checkpointer?.attach(db)
                }
            }
            return SQLiteStorage(
                pool: pool, file: file, world: world, tuning: tuning, schema: schema, checkpointer: checkpointer,
                lock: lock)
        } catch {
            throw error.prefixed("cannot open the database \(file.path)")
        }
    }

    /// Has SQLite count no memory: each piece would take a lock that all connections share.
    ///
    /// To be done before it is first used; where it was, it goes on counting, and only speed is lost.
    private static let tuneLibrary: Void = { _ = chat_tokens_sqlite_count_no_memory() }()

    /// Opens the file in WAL mode; where others are in the way, tries again as long as the patience allows.
    ///
    /// Of those who bring a new file into that mode at one moment SQLite refuses some at once, whatever their busy
    /// timeout is: each would wait with a lock that is in the other's way. Who is refused lets go of it and comes again.
    private static func connect(
        _ file: DatabaseFile, _ configuration: Configuration, _ world: World, _ tuning: Tuning
    ) throws -> DatabasePool {
        let end = world.monotonicNanoseconds() + Int64(tuning.patience * 1e9)
        let pauseMicroseconds: UInt32 = 10_000
        // Counted too: a world's clock may stand still.
        var triesLeft = Int(tuning.patience * 1e6) / Int(pauseMicroseconds)
        while true {
            do {
                return try DatabasePool(path: file.path, configuration: configuration)
            } catch let error as DatabaseError
                where error.resultCode == .SQLITE_BUSY && triesLeft > 0 && world.monotonicNanoseconds() < end
            {
                triesLeft -= 1
                usleep(pauseMicroseconds)
            }
        }
    }

    private static func configuration(_ mode: Mode, _ tuning: Tuning) -> Configuration {
        var configuration = Configuration()
        configuration.label = "chat-tokens.sqlite"
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(tuning.patience)
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA synchronous = FULL")
            // The pool gives its readers a patience of its own.
            try db.execute(sql: "PRAGMA busy_timeout = \(Int(tuning.patience * 1_000))")
            // A log that grew beyond the longest bound, as during a backup, shrinks when it next starts over.
            try db.execute(sql: "PRAGMA journal_size_limit = \(tuning.longestLog * 4_096)")
            if mode == .serve { try db.execute(sql: "PRAGMA wal_autocheckpoint = 0") }
            if let pages = tuning.mostPages { try db.execute(sql: "PRAGMA max_page_count = \(pages)") }
        }
        return configuration
    }
}
