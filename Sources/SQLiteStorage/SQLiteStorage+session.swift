package import Domain
internal import GRDB

extension SQLiteStorage {
    package func open(
        _ session: Session, with password: PasswordHash, recording audit: [AuditDraft]
    ) throws(StoreFailure) {
        try write { db in
            try db.changeOne(
                """
                INSERT INTO session (\(Session.columns))
                SELECT :session, account_id, :hash, :created, :expires, :seen, :address, :agent FROM account
                WHERE account_id = :account AND password_hash = :password
                """, session.fields &+ ["password": password.text])
            try append(audit, db)
        }
    }

    package func session(_ id: Session.ID, at moment: Timestamp) throws(StoreFailure) -> Session.Holder? {
        try read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT s.session_id, s.account_id, s.token_hash, s.created_at, s.expires_at, s.last_seen_at,
                        s.address, s.user_agent, a.email, a.created_at AS account_created_at
                    FROM session AS s JOIN account AS a USING (account_id)
                    WHERE session_id = ? AND expires_at > ?
                    """, arguments: [id.text, moment.milliseconds]
            ).map { row in
                let account = try Account(row, createdAt: "account_created_at")
                return Session.Holder(
                    session: try Session(row), account: account,
                    memberships: try Membership.all(of: account.id, db))
            }
        }
    }

    package func sessions(of account: Account.ID, at moment: Timestamp) throws(StoreFailure) -> [Session] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT \(Session.columns) FROM session WHERE account_id = ? AND expires_at > ?
                    ORDER BY created_at DESC, session_id DESC
                    """, arguments: [account.text, moment.milliseconds]
            ).map { row in try Session(row) }
        }
    }

    package func touch(_ session: Session.ID, at moment: Timestamp) throws(StoreFailure) {
        try write { db in
            try db.execute(
                sql: "UPDATE session SET last_seen_at = max(last_seen_at, ?) WHERE session_id = ?",
                arguments: [moment.milliseconds, session.text])
        }
    }

    package func end(
        _ session: Session.ID, of account: Account.ID, recording audit: [AuditDraft]
    ) throws(StoreFailure) {
        try write { db in
            try db.changeOne(
                "DELETE FROM session WHERE session_id = ? AND account_id = ?", [session.text, account.text])
            try append(audit, db)
        }
    }

    package func pruneAccess(before moment: Timestamp, dryRun: Bool) throws(StoreFailure) -> Int {
        try write { db in
            try ["session WHERE expires_at < ?", "invitation WHERE expires_at < ?"].reduce(0) { count, rows in
                let arguments: StatementArguments = [moment.milliseconds]
                guard !dryRun else {
                    return count
                        + (try Int.fetchOne(db, sql: "SELECT count(*) FROM \(rows)", arguments: arguments) ?? 0)
                }
                try db.execute(sql: "DELETE FROM \(rows)", arguments: arguments)
                return count + db.changesCount
            }
        }
    }
}
