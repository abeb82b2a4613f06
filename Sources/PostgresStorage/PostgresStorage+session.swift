package import Domain

extension PostgresStorage {
    package func open(
        _ session: Session, with password: PasswordHash, recording audit: [AuditDraft]
    ) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
            // Locked, since a change of the password that runs at the same time ends the sessions that it sees.
            try connection.changeOne(
                Statement(
                    """
                    INSERT INTO session (\(Session.columns))
                    SELECT $1, account_id, $3, $4, $5, $6, $7, $8 FROM account
                    WHERE account_id = $2 AND password_hash = $9 FOR SHARE
                    """, session.fields + [.text(password.text)]))
            try append(audit, &connection)
        }
    }

    package func session(_ id: Session.ID, at moment: Timestamp) throws(StoreFailure) -> Session.Holder? {
        try pool.use { connection throws(StoreFailure) in
            var found: (session: Session, account: Account)?
            var memberships: [Membership] = []
            try connection.exchange([
                .beginReading, .limits,
                Statement(
                    """
                    SELECT s.session_id, s.account_id, s.token_hash, s.created_at, s.expires_at, s.last_seen_at,
                        s.address, s.user_agent, \(Account.columns)
                    FROM session AS s JOIN account AS a USING (account_id)
                    WHERE s.session_id = $1 AND s.expires_at > $2
                    """, .text(id.text), .number(moment.milliseconds)),
                Statement(
                    """
                    SELECT \(Membership.columns) FROM session AS s JOIN membership AS m USING (account_id)
                        JOIN tenant AS t USING (tenant_id)
                    WHERE s.session_id = $1 AND \(Membership.rest)
                    """, .text(id.text)),
                .commit,
            ]) { place, answer throws(StoreFailure) in
                switch place {
                case 2:
                    found = try answer.row { row throws(StoreFailure) in (try Session(row), try Account(row, from: 8)) }
                case 3: memberships = try answer.rows { row throws(StoreFailure) in try Membership(row) }
                default: break
                }
            }
            return found.map {
                Session.Holder(session: $0.session, account: $0.account, memberships: memberships)
            }
        }
    }

    package func sessions(of account: Account.ID, at moment: Timestamp) throws(StoreFailure) -> [Session] {
        try read(
            Statement(
                """
                SELECT \(Session.columns) FROM session WHERE account_id = $1 AND expires_at > $2
                ORDER BY created_at DESC, session_id DESC
                """, .text(account.text), .number(moment.milliseconds))
        ) { row throws(StoreFailure) in try Session(row) }
    }

    package func touch(_ session: Session.ID, at moment: Timestamp) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
            try connection.exchange([
                Statement(
                    "UPDATE session SET last_seen_at = greatest(last_seen_at, $2) WHERE session_id = $1",
                    .text(session.text), .number(moment.milliseconds))
            ])
        }
    }

    package func end(
        _ session: Session.ID, of account: Account.ID, recording audit: [AuditDraft]
    ) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
            try connection.changeOne(
                Statement(
                    "DELETE FROM session WHERE session_id = $1 AND account_id = $2", .text(session.text),
                    .text(account.text)))
            try append(audit, &connection)
        }
    }

    package func pruneAccess(before moment: Timestamp, dryRun: Bool) throws(StoreFailure) -> Int {
        try write { connection throws(StoreFailure) in
            var count: Int64 = 0
            for rows in ["session WHERE expires_at < $1", "invitation WHERE expires_at < $1"] {
                let verb = dryRun ? "SELECT count(*) FROM" : "DELETE FROM"
                try connection.exchange([Statement("\(verb) \(rows)", .number(moment.milliseconds))]) {
                    _, answer throws(StoreFailure) in
                    count +=
                        dryRun
                        ? try answer.row { row throws(StoreFailure) in try row.number(0) } ?? 0 : Int64(answer.changed)
                }
            }
            return Int(count)
        }
    }
}
