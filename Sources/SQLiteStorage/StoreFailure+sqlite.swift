internal import CSQLite
internal import Domain
internal import GRDB

extension StoreFailure {
    /// Runs database code; what it throws leaves as a `StoreFailure`.
    static func translating<Result>(_ body: () throws -> Result) throws(StoreFailure) -> Result {
        do {
            return try body()
        } catch {
            throw StoreFailure(sqlite: error)
        }
    }

    /// The failure that an error of the database layer stands for.
    init(sqlite error: any Error) {
        switch error {
        case let failure as StoreFailure: self = failure
        case let error as DatabaseError: self.init(code: error.extendedResultCode, message: error.message)
        default: self = .unavailable(cause: "\(type(of: error))")
        }
    }

    /// The failure that an SQLite result code stands for.
    ///
    /// SQLite's messages name tables, columns and constraints but never a stored value; the SQL text and its
    /// arguments are left out.
    init(code: ResultCode, message: String?) {
        // A step of a backup has a code, but leaves no message: SQLite then says "not an error".
        let said = message == "not an error" ? nil : message
        let cause = unsafe "SQLite \(code.rawValue), \(said ?? String(cString: sqlite3_errstr(code.rawValue)))"
        switch code {
        case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY, .SQLITE_CONSTRAINT_ROWID: self = .conflict
        case .SQLITE_CONSTRAINT_FOREIGNKEY: self = .missing
        default:
            switch code.primaryResultCode {
            case .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_RANGE, .SQLITE_TOOBIG: self = .corrupt(cause: cause)
            default: self = .unavailable(cause: cause)
            }
        }
    }
}
