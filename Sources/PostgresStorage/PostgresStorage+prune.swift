package import Domain

extension PostgresStorage {
    /// How far ahead the partitions of coming months are made.
    private static let monthsAhead = 12

    /// Drops the partitions of append-only tables whose months are over for so long, and makes those of months to come.
    ///
    /// What lies outside of any month's partition, because none was made in time, is deleted row by row.
    /// - Parameters:
    ///   - months: how many whole months before the present one stay; at least 1.
    ///   - auditMonths: the same for the audit log; nil: all of it stays.
    ///   - dryRun: only tell.
    /// - Returns: the names of the partitions that were, or would be, dropped, oldest first.
    /// - Throws: `unavailable` where the database does not answer or the account may not change tables.
    package func prune(
        keepingMonths months: Int, auditMonths: Int? = nil, dryRun: Bool = false
    ) throws(StoreFailure) -> [String] {
        let present = MonthPartition(of: world.now())
        let first = present.moved(by: -max(1, months))
        let firstAudited = auditMonths.map { present.moved(by: -max(1, $0)) }
        return try write { connection throws(StoreFailure) in
            var names: [String] = []
            try connection.exchange([Statement(MonthPartition.list)]) { _, answer throws(StoreFailure) in
                names = try answer.rows { row throws(StoreFailure) in try row.text(0) }
            }
            let old = names.filter { name in
                name.hasPrefix("audit_")
                    ? firstAudited.map { name < $0.name(of: "audit_entry") } ?? false
                    : name < first.name(of: "change_log")
            }
            guard !dryRun else { return old }
            for name in old { try connection.exchange([Statement("DROP TABLE \(name)")]) }
            try connection.exchange([
                Statement("DELETE FROM change_log_other WHERE changed_at < $1", .number(first.start.milliseconds))
            ])
            if let firstAudited {
                // What lies outside of any month goes too; the note lets the trigger pass.
                try connection.exchange([
                    Statement("INSERT INTO deployment (name, value) VALUES ('audit_prune', '')"),
                    Statement("DELETE FROM audit_entry_other WHERE month < $1", .number(Int64(firstAudited.label))),
                    Statement("DELETE FROM deployment WHERE name = 'audit_prune'"),
                ])
                try append(.pruning(before: firstAudited.label, at: world.now()), &connection)
            }
            try Self.makePartitions(at: world.now(), &connection)
            return old
        }
    }

    /// Makes the partitions of this month and the coming ones as far as they are missing.
    static func makePartitions(at moment: Timestamp, _ connection: inout Connection) throws(StoreFailure) {
        for ahead in 0...monthsAhead {
            let month = MonthPartition(of: moment).moved(by: ahead)
            try connection.exchange([
                Statement(month.creationInChangeLog), Statement(month.creationInAuditLog),
            ])
        }
    }
}

/// A calendar month (UTC) as the range of a partition.
struct MonthPartition {
    /// Months since the year 0.
    private let number: Int

    /// The month in which the moment lies.
    init(of moment: Timestamp) {
        let month = Month(of: moment).number
        number = month / 100 * 12 + month % 100 - 1
    }

    private init(number: Int) {
        self.number = number
    }

    /// The month so many later.
    func moved(by months: Int) -> MonthPartition { MonthPartition(number: number + months) }

    /// The first moment of the month.
    var start: Timestamp {
        // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil, of a first day of a month.
        let shifted = number - 2
        let year = shifted / 12, dayOfYear = (153 * (shifted % 12) + 2) / 5
        let days = year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
        return Timestamp(seconds: Int64(days) * 86_400)
    }

    /// The name of a table's partition; names of one table sort by month.
    func name(of table: String) -> String {
        "\(table)_\(label)"
    }

    /// Year and month as one number, such as 202611.
    var label: Int { number / 12 * 100 + number % 12 + 1 }

    /// The statement that makes the change log's partition.
    var creationInChangeLog: String {
        creation(
            of: "change_log", by: "changed_at", from: start.milliseconds, to: moved(by: 1).start.milliseconds)
    }

    /// The statement that makes the audit log's partition.
    var creationInAuditLog: String {
        creation(of: "audit_entry", by: "month", from: Int64(label), to: Int64(moved(by: 1).label))
    }

    /// The statement that makes a table's partition where it is missing and no row of its month lies elsewhere.
    private func creation(of table: String, by column: String, from start: Int64, to end: Int64) -> String {
        """
        DO $$
        BEGIN
            IF to_regclass('\(name(of: table))') IS NULL AND NOT EXISTS (
                SELECT FROM \(table)_other WHERE \(column) >= \(start) AND \(column) < \(end)
            ) THEN
                CREATE TABLE \(name(of: table)) PARTITION OF \(table) FOR VALUES FROM (\(start)) TO (\(end));
            END IF;
        END $$
        """
    }

    /// The statement that lists the partitions by month, oldest first of each table.
    static let list = """
        SELECT c.relname::text FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent IN ('change_log'::regclass, 'audit_entry'::regclass)
            AND c.relname ~ '^(change_log|audit_entry)_[0-9]{6}$' ORDER BY 1
        """
}
