package import Domain
internal import Foundation
internal import GRDB

extension SQLiteStorage: CopyEnd {
    package func count(of table: CopyTable) throws(StoreFailure) -> Int64 {
        try read { db in try Int64.fetchOne(db, sql: "SELECT count(*) FROM \(table.name)") ?? 0 }
    }

    package func lastKey(of table: CopyTable) throws(StoreFailure) -> CopyKey? {
        let order = table.key.map { "\($0.name) DESC" }.joined(separator: ", ")
        return try read { db in
            try Row.fetchOne(db, sql: "SELECT \(table.key.list) FROM \(table.name) ORDER BY \(order) LIMIT 1")
                .map { row in CopyKey(try row.values(of: table.key)) }
        }
    }

    package func rows(
        of table: CopyTable, after lower: CopyKey?, through upper: CopyKey?, limit: Int?
    ) throws(StoreFailure) -> [CopyRow] {
        let key = "(\(table.key.list))"
        let bounds = [lower.map { ("\(key) > ", $0) }, upper.map { ("\(key) <= ", $0) }].compactMap(\.self)
        let conditions = ["true"] + bounds.map { $0.0 + "(\(table.key.map { _ in "?" }.joined(separator: ", ")))" }
        let sql = """
            SELECT \(table.columns.list) FROM \(table.name) WHERE \(conditions.joined(separator: " AND "))
            ORDER BY \(table.key.list) LIMIT \(limit ?? -1)
            """
        return try read { db in
            let arguments = bounds.flatMap { DatabaseValue.list($0.1.values, of: table.key) }
            return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: StatementArguments(arguments)).map { row in
                CopyRow(try row.values(of: table.columns))
            }
        }
    }

    package func write(_ rows: [CopyRow], removing others: [CopyRow], in table: CopyTable) throws(StoreFailure) {
        let condition = table.key.map { "\($0.name) = ?" }.joined(separator: " AND ")
        try write { db in
            for row in others {
                try db.changeOne(
                    "DELETE FROM \(table.name) WHERE \(condition)",
                    StatementArguments(DatabaseValue.list(row.key(in: table).values, of: table.key)))
            }
            for (tenant, kid) in table.activeKeys(among: rows) {
                try db.execute(
                    sql: """
                        UPDATE signing_key SET state = 'retired'
                        WHERE state = 'active' AND tenant_id = ? AND kid <> ?
                        """, arguments: [tenant.text, kid.text])
            }
            let put = try db.cachedStatement(sql: table.upsert)
            for row in rows {
                try put.execute(
                    arguments: StatementArguments(DatabaseValue.list(row.values, of: table.columns)))
                guard db.changesCount == 1 else { throw StoreFailure.corrupt(cause: "a row was not stored") }
            }
            for change in table.changes(of: rows + others) { try log(change, db) }
        }
    }
}

extension CopyTable {
    fileprivate var upsert: String {
        let values = columns.map { _ in "?" }.joined(separator: ", ")
        let others = changeable.map { "\($0.name) = excluded.\($0.name)" }.joined(separator: ", ")
        return """
            INSERT INTO \(name) (\(columns.list)) VALUES (\(values))
            ON CONFLICT (\(key.list)) DO UPDATE SET \(others)
            """
    }
}

extension [CopyTable.Column] {
    fileprivate var list: String { map(\.name).joined(separator: ", ") }
}

extension Row {
    /// The first values of the row, which are those of these columns.
    fileprivate func values(of columns: [CopyTable.Column]) throws(StoreFailure) -> [CopyValue] {
        var values: [CopyValue] = []
        values.reserveCapacity(columns.count)
        for (place, column) in columns.enumerated() {
            let stored: DatabaseValue = self[place]
            switch (stored.storage, column.kind) {
            case (.null, _): values.append(.null)
            case (.int64(let number), .number): values.append(.number(number))
            case (.string(let text), .text), (.string(let text), .json): values.append(.bytes(Array(text.utf8)))
            case (.blob(let data), .blob): values.append(.bytes(Array(data)))
            default: throw .corrupt(cause: "column \(column.name) holds what it must not")
            }
        }
        return values
    }
}

extension DatabaseValue {
    fileprivate static func list(_ values: [CopyValue], of columns: [CopyTable.Column]) -> [DatabaseValue] {
        zip(values, columns).map { value, column in
            switch value {
            case .null: .null
            case .number(let number): number.databaseValue
            case .bytes(let bytes):
                column.kind == .blob
                    ? Data(bytes).databaseValue : String(decoding: bytes, as: UTF8.self).databaseValue
            }
        }
    }
}
