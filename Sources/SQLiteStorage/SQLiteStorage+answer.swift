package import Domain
internal import GRDB
internal import Tokens

extension SQLiteStorage {
    package func issue(_ commands: [RepeatableCommand]) throws(StoreFailure) -> [RepeatableOutcome] {
        try StoreFailure.translating {
            try pool.writeWithoutTransaction { db in
                var batch = try IssueBatch(db)
                let outcomes = try RawTransaction(db)() { () throws(StoreFailure) in
                    var outcomes: [RepeatableOutcome] = []
                    for command in commands { outcomes.append(try carryOut(command, in: &batch, db)) }
                    try batch.finish()
                    return outcomes
                }
                checkpointer?.relieve(db)
                return outcomes
            }
        }
    }

    private func carryOut(
        _ item: RepeatableCommand, in batch: inout IssueBatch, _ db: Database
    ) throws(StoreFailure) -> RepeatableOutcome {
        if let known = try answer(to: item, db) { return known }
        let outcome = try batch.carryOut(item.command)
        guard case .issued(let user) = outcome else { return .refused(outcome) }
        let answer = try item.kept(for: user)
        try StoreFailure.translating {
            try db.changeOne(
                """
                INSERT OR REPLACE INTO issue_answer
                    (api_key_id, key_hash, request_hash, grant_id, sealed, created_at) VALUES (?, ?, ?, ?, ?, ?)
                """,
                [
                    item.key.apiKey.text, item.key.hash.hex, item.request.hex, answer.grant.description,
                    answer.sealed.stored, item.command.at.milliseconds,
                ])
        }
        return .issued(answer)
    }

    private func answer(to item: RepeatableCommand, _ db: Database) throws(StoreFailure) -> RepeatableOutcome? {
        let row = try StoreFailure.translating {
            try Row.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT request_hash, grant_id, sealed FROM issue_answer
                        WHERE api_key_id = ? AND key_hash = ? AND created_at > ?
                        """),
                arguments: [item.key.apiKey.text, item.key.hash.hex, item.end.milliseconds])
        }
        guard let row else { return nil }
        let request: String = try row.required("request_hash")
        guard request == item.request.hex else { return .otherRequest }
        return .repeated(
            KeptAnswer(
                grant: try row.checked("grant_id") { Grant.ID($0.utf8.span) }, sealed: try row.bytes("sealed")))
    }

    package func pruneAnswers(
        at moment: Timestamp, limit: Int, dryRun: Bool
    ) throws(StoreFailure) -> Int64 {
        let end = moment.adding(seconds: -IdempotencyKey.life).milliseconds
        if dryRun {
            return try read { db in
                try Int64.fetchOne(db, sql: "SELECT count(*) FROM issue_answer WHERE created_at <= ?", arguments: [end])
                    ?? 0
            }
        }
        return try write { db in
            try db.execute(
                sql: """
                    DELETE FROM issue_answer WHERE rowid IN (
                        SELECT rowid FROM issue_answer WHERE created_at <= ? ORDER BY created_at LIMIT ?
                    )
                    """, arguments: [end, limit])
            return Int64(db.changesCount)
        }
    }
}
