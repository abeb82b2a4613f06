package import Domain

extension PostgresStorage {
    package func add(_ counts: [EventCount], on day: Day) throws(StoreFailure) {
        // Each row once, or the server would refuse to touch it twice; in one order everywhere, or two nodes could wait
        // for each other.
        var sums: [[String]: Int64] = [:]
        for count in counts where count.count > 0 {
            let key = [
                count.tenant.text, count.key?.text ?? "", count.event.kind.rawValue, count.event.code,
            ]
            sums[key, default: 0] += count.count
        }
        var parameters = Parameters()
        parameters.append(Int64(day.number))
        for column in 0..<4 { parameters.append(texts: sums) { $0.key[column] } }
        parameters.append(numbers: sums) { $0.value }
        let statement = Statement(
            """
            INSERT INTO day_count AS d (tenant_id, day, api_key_id, kind, code, count)
            SELECT t.tenant_id, $1, i.api_key_id, i.kind, i.code, i.count
            FROM unnest($2, $3, $4, $5, $6) AS i(tenant_id, api_key_id, kind, code, count)
            JOIN tenant AS t ON t.tenant_id = i.tenant_id
            ORDER BY 1, i.api_key_id COLLATE "C", i.kind COLLATE "C", i.code COLLATE "C"
            ON CONFLICT ON CONSTRAINT day_count_pkey DO UPDATE SET count = d.count + excluded.count
            """, parameters)
        try write { connection throws(StoreFailure) in try connection.exchange([statement]) }
    }

    package func usage(
        of tenant: Tenant.ID, from first: Day, through last: Day, by grouping: UsageGrouping
    ) throws(StoreFailure) -> [UsageCount] {
        let day = grouping.contains(.day) ? "day" : "NULL::bigint"
        let key = grouping.contains(.key) ? "api_key_id" : "''::text"
        return try read(
            Statement(
                """
                SELECT \(day), \(key) COLLATE "C", kind, code, sum(count)::bigint
                FROM (
                    SELECT day, api_key_id, 'pair' COLLATE "C" AS kind, '' COLLATE "C" AS code, pairs AS count
                    FROM issued_day WHERE tenant_id = $1 AND day BETWEEN $2 AND $3
                    UNION ALL
                    SELECT day, api_key_id, kind, code, count
                    FROM day_count WHERE tenant_id = $1 AND day BETWEEN $2 AND $3
                ) AS counted
                GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
                """, .text(tenant.text), .number(Int64(first.number)), .number(Int64(last.number)))
        ) { row throws(StoreFailure) in try UsageCount(row) }
    }

    package func pruneUsage(before day: Day, dryRun: Bool) throws(StoreFailure) -> Int64 {
        try write { connection throws(StoreFailure) in
            var rows: Int64 = 0
            for table in ["issued_day", "day_count"] {
                let number = Statement.Value.number(Int64(day.number))
                let sql =
                    dryRun
                    ? "SELECT count(*) FROM \(table) WHERE day < $1"
                    : "WITH gone AS (DELETE FROM \(table) WHERE day < $1 RETURNING 1) SELECT count(*) FROM gone"
                try connection.exchange([Statement(sql, number)]) { _, answer throws(StoreFailure) in
                    rows += try answer.row { row throws(StoreFailure) in try row.number(0) } ?? 0
                }
            }
            return rows
        }
    }
}

extension UsageCount {
    fileprivate init(_ row: borrowing Row) throws(StoreFailure) {
        var day: Day?
        if let number = try row.optionalNumber(0) {
            day = Day(number: Int(number))
            guard day != nil else { throw .corrupt(cause: "column day breaks its rules") }
        }
        let key = try row.text(1)
        self.init(
            day: day, key: key.isEmpty ? nil : try row.checked(1, APIKey.ID.init),
            kind: try row.checked(2, UsageKind.init(rawValue:)), code: try row.text(3), count: try row.number(4))
    }
}
