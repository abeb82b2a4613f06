package import Domain
internal import GRDB

extension SQLiteStorage {
    package func add(_ counts: [EventCount], on day: Day) throws(StoreFailure) {
        try write { db in
            let put = try db.cachedStatement(
                sql: """
                    INSERT INTO day_count (tenant_id, day, api_key_id, kind, code, count)
                    SELECT tenant_id, ?, ?, ?, ?, ? FROM tenant WHERE tenant_id = ?
                    ON CONFLICT (tenant_id, day, api_key_id, kind, code) DO UPDATE SET count = count + excluded.count
                    """)
            for count in counts where count.count > 0 {
                try put.execute(arguments: [
                    day.number, count.key?.text ?? "", count.event.kind.rawValue, count.event.code, count.count,
                    count.tenant.text,
                ])
            }
        }
    }

    package func usage(
        of tenant: Tenant.ID, from first: Day, through last: Day, by grouping: UsageGrouping
    ) throws(StoreFailure) -> [UsageCount] {
        let day = grouping.contains(.day) ? "day" : "NULL", key = grouping.contains(.key) ? "api_key_id" : "''"
        return try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT \(day) AS day, \(key) AS api_key_id, kind, code, sum(count) AS count
                    FROM (
                        SELECT day, api_key_id, 'pair' AS kind, '' AS code, pairs AS count FROM issued_day
                        WHERE tenant_id = :tenant AND day BETWEEN :first AND :last
                        UNION ALL
                        SELECT day, api_key_id, kind, code, count FROM day_count
                        WHERE tenant_id = :tenant AND day BETWEEN :first AND :last
                    )
                    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
                    """, arguments: ["tenant": tenant.text, "first": first.number, "last": last.number]
            ).map { row in try UsageCount(row) }
        }
    }

    package func pruneUsage(before day: Day, dryRun: Bool) throws(StoreFailure) -> Int64 {
        try write { db in
            var rows: Int64 = 0
            for table in ["issued_day", "day_count"] {
                rows +=
                    try Int64.fetchOne(
                        db, sql: "SELECT count(*) FROM \(table) WHERE day < ?", arguments: [day.number]) ?? 0
                if !dryRun { try db.execute(sql: "DELETE FROM \(table) WHERE day < ?", arguments: [day.number]) }
            }
            return rows
        }
    }
}

extension UsageCount {
    fileprivate init(_ row: Row) throws(StoreFailure) {
        let day: Int? = try row.optional("day")
        let key: String = try row.required("api_key_id")
        self.init(
            day: try day.map { number throws(StoreFailure) in
                guard let day = Day(number: number) else { throw .corrupt(cause: "column day breaks its rules") }
                return day
            }, key: key.isEmpty ? nil : try row.checked("api_key_id", APIKey.ID.init), kind: try row.named("kind"),
            code: try row.required("code"), count: try row.required("count"))
    }
}
