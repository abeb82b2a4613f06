package import Domain
internal import GRDB

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension SQLiteStorage {
    package func newestChange() throws(StoreFailure) -> Int64 {
        try read { db in try Int64.fetchOne(db, sql: "SELECT max(sequence) FROM change_log") ?? 0 }
    }

    package func changes(after sequence: Int64, limit: Int) throws(StoreFailure) -> [Change] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT sequence, subject, subject_id FROM change_log WHERE sequence > ? ORDER BY sequence LIMIT ?
                    """, arguments: [sequence, limit]
            ).map { row in
                Change(sequence: try row.required("sequence"), subject: try Change.Subject(row))
            }
        }
    }

    /// SQLite tells nobody of another process's changes: a plain sleep, of a minute at most, which never
    /// returns true.
    package func waitForChange(seconds: Double) -> Bool {
        _ = usleep(UInt32(min(max(0, seconds), 60) * 1e6))
        return false
    }

    package var hearsChanges: Bool { false }

    /// Appends to the change log, in the transaction that makes the change.
    func log(_ subject: Change.Subject, _ db: Database) throws {
        try db.changeOne(
            "INSERT INTO change_log (subject, subject_id, changed_at) VALUES (?, ?, ?)",
            [subject.name, subject.id, world.now().milliseconds])
    }
}

extension Change.Subject {
    fileprivate init(_ row: Row) throws(StoreFailure) {
        let name: String = try row.required("subject")
        switch name {
        case "tenant": self = .tenant(try row.checked("subject_id", Tenant.ID.init))
        case "api_key": self = .apiKey(try row.checked("subject_id", APIKey.ID.init))
        case "user": self = .user(try row.checked("subject_id", UserCutoff.init))
        case "plan": self = .plan(try row.checked("subject_id", Plan.ID.init))
        default: throw .corrupt(cause: "column subject breaks its rules")
        }
    }
}

extension Database {
    /// Carries out a statement that has to change exactly one row; none at all means that its subject is missing.
    func changeOne(_ sql: String, _ arguments: StatementArguments) throws {
        try execute(sql: sql, arguments: arguments)
        switch changesCount {
        case 1: return
        case 0: throw StoreFailure.missing
        default: throw StoreFailure.corrupt(cause: "a statement for one row changed several")
        }
    }
}
