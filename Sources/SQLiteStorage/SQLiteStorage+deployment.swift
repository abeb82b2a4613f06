package import Domain
internal import Foundation
internal import GRDB

extension SQLiteStorage {
    package func isEmpty() throws(StoreFailure) -> Bool {
        try read { db in try Bool.fetchOne(db, sql: "SELECT NOT EXISTS (SELECT 1 FROM tenant)") ?? true }
    }
}

extension SQLiteStorage {
    package func copyState() throws(StoreFailure) -> CopyState? {
        try read { db in
            try Row.fetchOne(db, sql: "SELECT value FROM deployment WHERE name = 'copy'").map { row in
                guard let state = CopyState(rawValue: String(decoding: try row.bytes("value"), as: UTF8.self)) else {
                    throw StoreFailure.corrupt(cause: "what is noted of a copy breaks its rules")
                }
                return state
            }
        }
    }

    package func setCopyState(_ state: CopyState?) throws(StoreFailure) {
        guard let state else {
            return try write { db in try db.execute(sql: "DELETE FROM deployment WHERE name = 'copy'") }
        }
        try put("copy", Array(state.rawValue.utf8))
    }

    package func replaceMasterKeyCheck(by value: [UInt8]) throws(StoreFailure) {
        try put("master_key_check", value)
    }

    private func put(_ name: String, _ value: [UInt8]) throws(StoreFailure) {
        try write { db in
            try db.changeOne(
                """
                INSERT INTO deployment (name, value) VALUES (?, ?)
                ON CONFLICT (name) DO UPDATE SET value = excluded.value
                """, [name, Data(value)])
        }
    }
}
