package import Domain
internal import GRDB
internal import Synchronization

/// The database in one SQLite file: whatever a method reports as done survives a crash and the loss of power.
///
/// The file is in WAL mode with `synchronous=FULL`. One connection writes, a few read, and while serving one more
/// moves the write-ahead log into the file. Causes of failures name tables and files, never a user's values.
package final class SQLiteStorage: Storage {
    /// Who opens the database.
    package enum Mode: Sendable {
        /// A server: the only one on its file, which a lock beside it ensures.
        case serve
        /// A command that does its work, whether or not a server runs, and goes.
        case tool
    }

    let pool: DatabasePool
    let file: DatabaseFile
    let world: World
    let tuning: Tuning
    let schema: Schema
    let checkpointer: Checkpointer?
    /// The master key check by which what is stored has been sealed; nil: whatever it is.
    let expectedCheck = Mutex<[UInt8]?>(nil)
    private let hold: Mutex<Hold>

    /// What ends with the first `close`.
    private struct Hold: ~Copyable {
        var lock: FileLock?
        var isClosed = false
    }

    init(
        pool: DatabasePool, file: DatabaseFile, world: World, tuning: Tuning, schema: Schema,
        checkpointer: Checkpointer?, lock: consuming sending FileLock?
    ) {
        self.pool = pool
        self.file = file
        self.world = world
        self.tuning = tuning
        self.schema = schema
        self.checkpointer = checkpointer
        hold = Mutex(Hold(lock: lock))
    }

    /// Moves the log into the file, closes every connection and lets go of the lock; waits for what is running.
    ///
    /// Afterwards every method throws `unavailable`, and closing again does nothing. Skipping this loses nothing: the
    /// next opening does the rest.
    package func close() throws(StoreFailure) {
        let isFirst = hold.withLock { hold in
            defer { hold.isClosed = true }
            return !hold.isClosed
        }
        guard isFirst else { return }
        defer { hold.withLock { $0.lock = nil } }
        checkpointer?.close()
        try StoreFailure.translating {
            pool.writeWithoutTransaction { db in
                // A reader of another process may be in the way; then the log stays, which is harmless.
                _ = try? db.checkpoint(.truncate)
            }
            try pool.close()
        }
    }

    /// Reads at one moment.
    func read<Result>(_ body: (Database) throws -> Result) throws(StoreFailure) -> Result {
        try StoreFailure.translating { try pool.read(body) }
    }

    /// Writes in one transaction, durable when this returns; rolled back whole if `body` throws.
    func write<Result>(_ body: (Database) throws -> Result) throws(StoreFailure) -> Result {
        try StoreFailure.translating {
            try pool.writeWithoutTransaction { db in
                var result: Result?
                try db.inTransaction(.immediate) {
                    result = try body(db)
                    return .commit
                }
                guard let result else { throw StoreFailure.corrupt(cause: "a transaction did not run") }
                checkpointer?.relieve(db)
                return result
            }
        }
    }
}

/// What is adjustable about a database; the defaults are for production.
package struct Tuning: Sendable {
    /// Seconds to wait for another process's lock before a method fails.
    package var patience: Double
    /// Frames (pages of 4 KiB) of the write-ahead log at which the writer itself empties it: as many as the database
    /// has pages, but not fewer than the one and not more than the other.
    ///
    /// Long for a large database, since a page that changes again before it is moved to the file is moved once: a
    /// million users take changes 1.3 times as fast as with 2,048. Short for a small one, since writing over a log
    /// again costs less than letting it grow, which has to be flushed too.
    package var shortestLog: Int, longestLog: Int
    /// Bytes that must be free on the disk for it to count as writable.
    package var leastFree: Int64
    /// The most pages the file may have; nil: as many as fit.
    package var mostPages: Int?

    /// The adjustments given, else the defaults.
    package init(
        patience: Double = 2, shortestLog: Int = 4_096, longestLog: Int = 65_536, leastFree: Int64 = 32 << 20,
        mostPages: Int? = nil
    ) {
        self.patience = patience
        self.shortestLog = min(shortestLog, longestLog)
        self.longestLog = longestLog
        self.leastFree = leastFree
        self.mostPages = mostPages
    }

    /// The longest that the log may become beside a database of so many pages.
    func bound(pages: Int) -> Int { min(max(pages, shortestLog), longestLog) }
}
