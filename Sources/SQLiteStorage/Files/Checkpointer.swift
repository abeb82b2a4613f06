internal import Dispatch
internal import Domain
internal import GRDB
internal import GRDBSQLite
internal import Synchronization

/// Moves the write-ahead log into the database file on a connection and thread of its own, so that no batch waits.
///
/// Such passive passes never block the writer, but under unbroken load the log never starts over either. So beyond
/// its bound the writer makes one pass itself between two batches; what is left for it then is little.
final class Checkpointer: Sendable {
    /// The delay after which a pass is made for a few frames.
    ///
    /// A page that changes in every batch is moved to the file once in that time, and the file is flushed once: at
    /// 100 ms that took a tenth of the server's time under load.
    private static let delay = DispatchTimeInterval.seconds(1)

    private struct State {
        /// Frames in the log after the latest commit, and when the latest pass began.
        var logged = 0, passed = 0
        /// The length at which the writer next tries to empty the log; more than the bound while a reader is in the way.
        var limit: Int
        /// The bound as it was last worked out.
        var bound: Int
        var isDelayed = false, isUrgent = false, isClosed = false
    }

    private let state: Mutex<State>
    /// Held during a pass: SQLite allows one at a time and would refuse the other.
    private let pass = Mutex(())
    private let thread = DispatchQueue(label: "chat-tokens.sqlite.checkpoint")
    private let connection: DatabaseQueue
    private let tuning: Tuning

    init(_ file: DatabaseFile, _ configuration: Configuration, _ tuning: Tuning) throws(StoreFailure) {
        connection = try StoreFailure.translating {
            try DatabaseQueue(path: file.path, configuration: configuration)
        }
        self.tuning = tuning
        state = Mutex(State(limit: tuning.shortestLog, bound: tuning.shortestLog))
    }

    /// Has the writer's connection report its commits here; the connection must not outlive this object.
    func attach(_ db: Database) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        _ = unsafe sqlite3_wal_hook(
            db.sqliteConnection,
            { context, _, _, frames in
                guard let context = unsafe context else { return SQLITE_OK }
                unsafe Unmanaged<Checkpointer>.fromOpaque(context).takeUnretainedValue().committed(Int(frames))
                return SQLITE_OK
            }, context)
    }

    /// Empties the log on the writer's connection if it is longer than its bound; called between transactions.
    func relieve(_ db: Database) {
        let isDue = state.withLock { $0.logged >= $0.limit }
        guard isDue else { return }
        let bound = tuning.bound(pages: (try? Int.fetchOne(db, sql: "PRAGMA page_count")) ?? 0)
        let isLong = state.withLock { state in
            (state.limit, state.bound) = (bound, bound)
            return state.logged >= bound
        }
        guard isLong, !pass.withLock({ _ in Self.pass(db) }) else { return }
        // A reader of an old moment may be in the way: then not every batch shall try again.
        state.withLock { $0.limit = $0.logged + tuning.shortestLog }
    }

    /// Waits for a pass that is running and makes no more.
    func close() {
        state.withLock { $0.isClosed = true }
        thread.sync {}
        try? connection.close()
    }

    private func committed(_ frames: Int) {
        let (isUrgent, isDelayed) = state.withLock { state in
            if frames < state.passed {
                state.passed = 0
                state.limit = state.bound
            }
            state.logged = frames
            // Often enough that little is left for the writer, but a page that changes all the time is moved seldom.
            let isDue = frames - state.passed >= max(state.bound / 4, tuning.shortestLog / 2)
            let isUrgent = isDue && !state.isUrgent
            let isDelayed = !isUrgent && !state.isUrgent && !state.isDelayed
            state.isUrgent = state.isUrgent || isUrgent
            state.isDelayed = state.isDelayed || isDelayed
            return (isUrgent, isDelayed)
        }
        if isUrgent { thread.async { self.run() } }
        if isDelayed { thread.asyncAfter(deadline: .now() + Self.delay) { self.run() } }
    }

    private func run() {
        let isClosed = state.withLock { state in
            state.passed = state.logged
            state.isDelayed = false
            state.isUrgent = false
            return state.isClosed
        }
        // A delayed pass may come due after the connection is gone.
        guard !isClosed else { return }
        pass.withLock { _ in
            _ = connection.inDatabase { db in Self.pass(db) }
        }
    }

    /// Makes one passive pass; true where it got to the end of the log.
    ///
    /// A failure shows in `health()`, not here.
    private static func pass(_ db: Database) -> Bool {
        guard let (logged, moved) = try? db.checkpoint(.passive) else { return false }
        return logged == moved
    }
}
