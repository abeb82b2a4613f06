package import Domain
internal import Foundation
internal import GRDB

extension SQLiteStorage {
    /// Reads the schema's history, looks at the free space and commits one small row, each time it is asked.
    package func health() -> StorageHealth {
        do throws(StoreFailure) {
            let migrations = try read { db in schema.complaint(db) }
            return StorageHealth(database: nil, migrations: migrations, disk: diskComplaint())
        } catch {
            let cause = error.cause ?? "it does not answer"
            return StorageHealth(database: cause, migrations: "unknown", disk: "unknown")
        }
    }

    /// What an examination of the whole file finds wrong, a line each; empty: nothing.
    ///
    /// It reads every page.
    package func integrityCheck() throws(StoreFailure) -> [String] {
        // Without a transaction around it, whose end a damaged file could make fail.
        try StoreFailure.translating { try pool.unsafeRead { db in try Self.integrityCheck(db) } }
    }

    static func integrityCheck(_ db: Database) throws -> [String] {
        var lines: [String] = []
        do {
            let found = try String.fetchCursor(db, sql: "PRAGMA integrity_check")
            while let text = try found.next(), text != "ok" {
                lines += text.split(separator: "\n").map(String.init)
            }
            let orphans = try Row.fetchAll(db, sql: "PRAGMA foreign_key_check")
            lines += orphans.map { row in "a row of \(row["table"] ?? "a table") refers to a row that is missing" }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
            // What was found before the damage ended the examination still counts.
            lines.append(StoreFailure(sqlite: error).cause ?? "the file is damaged")
        }
        return lines
    }

    private func diskComplaint() -> String? {
        guard let free = file.freeBytes else { return "the file system of \(file.path) does not answer" }
        guard free >= tuning.leastFree else {
            return "\(free) bytes are free for \(file.path), at least \(tuning.leastFree) are needed"
        }
        do throws(StoreFailure) {
            let now = unsafe withUnsafeBytes(of: world.now().milliseconds.bigEndian) { unsafe Data($0) }
            try write { db in
                try db.changeOne(
                    """
                    INSERT INTO deployment (name, value) VALUES ('heartbeat', ?)
                    ON CONFLICT (name) DO UPDATE SET value = excluded.value
                    """, [now])
            }
            return nil
        } catch {
            return error.cause ?? "a row could not be written"
        }
    }
}

/// How the connection that writes is set up, as SQLite itself reports it.
package struct Safeguards: Sendable, Equatable {
    /// The journal mode; `wal`.
    package let journal: String
    /// The level of `synchronous`; 2 is FULL: a commit returns when the disk has it.
    package let synchronous: Int
    /// Whether references between tables are checked.
    package let foreignKeys: Bool

    /// A report.
    package init(journal: String, synchronous: Int, foreignKeys: Bool) {
        self.journal = journal
        self.synchronous = synchronous
        self.foreignKeys = foreignKeys
    }
}

extension SQLiteStorage {
    /// What makes this database keep its promises.
    package func safeguards() throws(StoreFailure) -> Safeguards {
        try StoreFailure.translating {
            try pool.writeWithoutTransaction { db in
                Safeguards(
                    journal: try String.fetchOne(db, sql: "PRAGMA journal_mode") ?? "",
                    synchronous: try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? 0,
                    foreignKeys: try Bool.fetchOne(db, sql: "PRAGMA foreign_keys") ?? false)
            }
        }
    }
}
