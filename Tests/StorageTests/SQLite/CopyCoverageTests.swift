import Domain
import GRDB
import SQLiteStorage
import Testing

@Suite("What a copy carries")
struct CopyCoverageTests {
    /// Tables that belong to one database: its history, its log, and what is noted of itself.
    private static let own: Set<String> = [
        "schema_migration", "change_log", "deployment", "sqlite_sequence", "revocation_reader",
    ]

    @Test("Every table and every column of the schema is carried, ordered by its primary key")
    func everything() throws {
        let folder = try Folder()
        defer { folder.remove() }
        try SQLiteStorage.open(path: folder.database, mode: .tool, world: .standing).close()
        let database = try DatabaseQueue(path: folder.database)
        let schema = try database.read { db in
            let tables = try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
            return try Dictionary(
                uniqueKeysWithValues: tables.filter { !Self.own.contains($0) }.map { table in
                    let columns = try db.columns(in: table)
                    let key = columns.filter { $0.primaryKeyIndex > 0 }
                    return (table, [Set(columns.map(\.name)), Set(key.map(\.name))])
                })
        }
        let carried = Dictionary(
            uniqueKeysWithValues: CopyTable.all.map { table in
                (table.name, [Set(table.columns.map(\.name)), Set(table.key.map(\.name))])
            })
        #expect(carried == schema)
        #expect(CopyTable.all.allSatisfy { Set($0.columns.map(\.name)).count == $0.columns.count })
    }
}
