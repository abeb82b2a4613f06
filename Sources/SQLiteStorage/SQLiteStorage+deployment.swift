package import Domain
internal import Foundation
internal import GRDB

extension SQLiteStorage {
    /// What tells the right master key from a wrong one; nil where none was stored yet.
    package func masterKeyCheck() throws(StoreFailure) -> [UInt8]? {
        try read { db in try Self.masterKeyCheck(db) }
    }

    /// Stores the check value unless there is one, and returns the one that is in force.
    @discardableResult
    package func setMasterKeyCheck(_ value: [UInt8]) throws(StoreFailure) -> [UInt8] {
        try write { db in
            if let stored = try Self.masterKeyCheck(db) { return stored }
            try db.changeOne("INSERT INTO deployment (name, value) VALUES ('master_key_check', ?)", [Data(value)])
            return value
        }
    }

    /// Whether there is no tenant yet.
    package func isEmpty() throws(StoreFailure) -> Bool {
        try read { db in try Bool.fetchOne(db, sql: "SELECT NOT EXISTS (SELECT 1 FROM tenant)") ?? true }
    }

    private static func masterKeyCheck(_ db: Database) throws -> [UInt8]? {
        try Row.fetchOne(db, sql: "SELECT value FROM deployment WHERE name = 'master_key_check'").map { row in
            try row.bytes("value")
        }
    }
}
