package import Domain

extension PostgresStorage: CopyEnd {
    /// Seconds that a question about a whole table may take.
    private static let patience = 600.0

    package func count(of table: CopyTable) throws(StoreFailure) -> Int64 {
        try examine(Statement("SELECT count(*) FROM \"\(table.name)\"")) { row throws(StoreFailure) in
            try row.number(0)
        }.first ?? 0
    }

    package func lastKey(of table: CopyTable) throws(StoreFailure) -> CopyKey? {
        let order = table.key.map { "\($0.name) DESC" }.joined(separator: ", ")
        return try examine(
            Statement("SELECT \(table.key.list) FROM \"\(table.name)\" ORDER BY \(order) LIMIT 1")
        ) { row throws(StoreFailure) in CopyKey(try row.values(of: table.key)) }.first
    }

    package func rows(
        of table: CopyTable, after lower: CopyKey?, through upper: CopyKey?, limit: Int?
    ) throws(StoreFailure) -> [CopyRow] {
        var parameters = Parameters()
        var conditions: [String] = ["true"]
        for (sign, key) in [(">", lower), ("<=", upper)] {
            guard let key else { continue }
            conditions.append("(\(table.key.list)) \(sign) (\(table.key.places(from: parameters.types.count)))")
            parameters.append(key, of: table)
        }
        let sql = """
            SELECT \(table.columns.list) FROM "\(table.name)" WHERE \(conditions.joined(separator: " AND "))
            ORDER BY \(table.key.list) \(limit.map { "LIMIT \($0)" } ?? "")
            """
        return try examine(Statement(sql, parameters)) { row throws(StoreFailure) in
            CopyRow(try row.values(of: table.columns))
        }
    }

    package func write(_ rows: [CopyRow], removing others: [CopyRow], in table: CopyTable) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
            if !others.isEmpty {
                try change(others.count, table.removal(of: others), &connection)
            }
            let active = table.activeKeys(among: rows)
            if !active.isEmpty {
                var parameters = Parameters()
                parameters.append(texts: active) { $0.tenant.text }
                parameters.append(texts: active) { $0.kid.text }
                try connection.exchange([Statement(Self.stepDown, parameters)])
            }
            if !rows.isEmpty {
                try change(rows.count, table.upsert(of: rows), &connection)
            }
            for subject in table.changes(of: rows + others) { try log(subject, &connection) }
        }
    }

    /// Reads by the primary key, however little the server knows of a table that was just filled.
    private func examine<Element: Sendable>(
        _ statement: Statement, _ read: (borrowing Row) throws(StoreFailure) -> Element
    ) throws(StoreFailure) -> [Element] {
        try pool.use { connection throws(StoreFailure) in
            var elements: [Element] = []
            try connection.exchange([Self.patient, statement], patience: Self.patience) {
                place, answer
                    throws(StoreFailure) in
                if place == 1 { elements = try answer.rows(read) }
            }
            return elements
        }
    }

    private static let patient = Statement(
        """
        SELECT set_config('statement_timeout', '590s', true), set_config('enable_sort', 'off', true),
            set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)
        """)

    /// A tenant has one active key at any moment, also while its keys are being replaced.
    private static let stepDown = """
        UPDATE signing_key AS k SET state = 'retired' FROM unnest($1, $2) AS a(tenant_id, kid)
        WHERE k.state = 'active' AND k.tenant_id = a.tenant_id AND k.kid <> a.kid
        """

    private func change(
        _ count: Int, _ statement: Statement, _ connection: inout Connection
    ) throws(StoreFailure) {
        try connection.exchange([statement]) { _, answer throws(StoreFailure) in
            guard answer.changed == count else { throw .corrupt(cause: "\(answer.changed) rows of \(count) changed") }
        }
    }
}

extension CopyTable {
    fileprivate func upsert(of rows: [CopyRow]) -> Statement {
        var parameters = Parameters()
        for (place, column) in columns.enumerated() { parameters.append(rows.map { $0.values[place] }, of: column) }
        let others = changeable.map { "\($0.name) = excluded.\($0.name)" }.joined(separator: ", ")
        return Statement(
            """
            INSERT INTO "\(name)" (\(columns.list)) SELECT * FROM unnest(\(columns.places(from: 0)))
            ON CONFLICT (\(key.list)) DO UPDATE SET \(others)
            """, parameters)
    }

    fileprivate func removal(of rows: [CopyRow]) -> Statement {
        var parameters = Parameters()
        for (place, column) in key.enumerated() { parameters.append(rows.map { $0.values[place] }, of: column) }
        return Statement(
            """
            DELETE FROM "\(name)" WHERE (\(key.list)) IN (SELECT * FROM unnest(\(key.places(from: 0))))
            """, parameters)
    }
}

extension [CopyTable.Column] {
    fileprivate var list: String { map(\.name).joined(separator: ", ") }

    fileprivate func places(from first: Int) -> String {
        indices.map { "$\(first + $0 + 1)" }.joined(separator: ", ")
    }
}

extension Parameters {
    fileprivate mutating func append(_ values: [CopyValue], of column: CopyTable.Column) {
        switch column.kind {
        case .text: append(texts: values) { value in value.bytes.map { String(decoding: $0, as: UTF8.self) } }
        case .json: append(verbatim: values) { value in value.bytes }
        case .number: append(numbers: values) { value in if case .number(let number) = value { number } else { nil } }
        case .blob: append(blobs: values) { value in value.bytes }
        }
    }

    /// The values of a key, each as itself.
    fileprivate mutating func append(_ key: CopyKey, of table: CopyTable) {
        for value in key.values {
            switch value {
            case .null: append(nil as String?)
            case .number(let number): append(number)
            case .bytes(let bytes): append(String(decoding: bytes, as: UTF8.self))
            }
        }
    }
}

extension Row {
    /// The first values of the row, which are those of these columns.
    fileprivate func values(of columns: [CopyTable.Column]) throws(StoreFailure) -> [CopyValue] {
        var values: [CopyValue] = []
        values.reserveCapacity(columns.count)
        for (place, column) in columns.enumerated() {
            guard !isNull(place) else {
                values.append(.null)
                continue
            }
            switch column.kind {
            case .number: values.append(.number(try number(place)))
            case .text: values.append(.bytes(Array(try text(place).utf8)))
            case .json, .blob: values.append(.bytes(try bytes(place)))
            }
        }
        return values
    }
}
