internal import Domain
internal import GRDB

/// A write transaction by kept statements; GRDB would compile its own anew each time, a third of a small batch.
struct RawTransaction {
    private let db: Database
    private let begin: RawStatement, commit: RawStatement, rollback: RawStatement

    init(_ db: Database) throws(StoreFailure) {
        self.db = db
        begin = try RawStatement(db, "BEGIN IMMEDIATE TRANSACTION")
        commit = try RawStatement(db, "COMMIT TRANSACTION")
        rollback = try RawStatement(db, "ROLLBACK TRANSACTION")
    }

    /// Carries out `body` and commits; whatever fails, nothing of it is left and the connection is free again.
    func callAsFunction<Result>(_ body: () throws(StoreFailure) -> Result) throws(StoreFailure) -> Result {
        do throws(StoreFailure) {
            try run(begin)
            let result = try body()
            try run(commit)
            return result
        } catch {
            // A full disk and the like make SQLite roll back by itself.
            if db.isInsideTransaction { try? run(rollback) }
            throw error
        }
    }

    private func run(_ statement: RawStatement) throws(StoreFailure) {
        defer { statement.reset() }
        _ = try statement.step()
    }
}
