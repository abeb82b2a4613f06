package import Domain

extension PostgresStorage {
    package func newestChange() throws(StoreFailure) -> Int64 {
        try read(Statement("SELECT coalesce(max(sequence), 0) FROM change_log")) {
            row throws(StoreFailure) in try row.number(0)
        }.first ?? 0
    }

    package func changes(after sequence: Int64, limit: Int) throws(StoreFailure) -> [Change] {
        try read(
            Statement(
                """
                SELECT sequence, subject, subject_id FROM change_log WHERE sequence > $1 ORDER BY sequence LIMIT $2
                """, .number(sequence), .number(Int64(limit)))
        ) { row throws(StoreFailure) in Change(sequence: try row.number(0), subject: try Change.Subject(row)) }
    }

    /// Appends to the change log, in the transaction that makes the change, as the last thing before its commit.
    ///
    /// Whoever appends waits here until every earlier one has committed. Without this lock a transaction could take a
    /// number and commit after one with a higher number was read, and the readers would never look back. Since nothing
    /// is locked after it, it closes no circle.
    func log(_ subject: Change.Subject, _ connection: inout Connection) throws(StoreFailure) {
        try connection.exchange([
            Statement("SELECT pg_advisory_xact_lock(hashtextextended('chat-tokens change_log', 0))"),
            Statement(
                """
                INSERT INTO change_log (sequence, subject, subject_id, changed_at)
                VALUES (nextval('change_log_sequence'), $1, $2, $3)
                """, .text(subject.name), .text(subject.id), .number(world.now().milliseconds)),
            Statement("SELECT pg_notify('\(Self.channel)', '')"),
        ])
    }

    /// What wakes those that wait for changes.
    static let channel = "chat_tokens_change"
}

extension Change.Subject {
    fileprivate init(_ row: borrowing Row) throws(StoreFailure) {
        switch try row.text(1) {
        case "tenant": self = .tenant(try row.checked(2, Tenant.ID.init))
        case "api_key": self = .apiKey(try row.checked(2, APIKey.ID.init))
        case "user": self = .user(try row.checked(2, UserCutoff.init))
        case "plan": self = .plan(try row.checked(2, Plan.ID.init))
        default: throw .corrupt(cause: "column subject breaks its rules")
        }
    }
}
