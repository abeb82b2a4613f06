package import Domain

extension PostgresStorage {
    package func setStatus(
        _ status: User.Status, of id: User.ID, of tenant: Tenant.ID, at moment: Timestamp,
        recording audit: AuditDraft
    ) throws(StoreFailure) -> UserCutoff? {
        try write { connection throws(StoreFailure) in
            // nil: there is no such user; else whether it was active.
            var wasActive: Bool?
            try connection.exchange([
                Statement(
                    """
                    SELECT deactivated_at IS NULL FROM "user" WHERE tenant_id = $1 AND user_id = $2 FOR UPDATE
                    """, .text(tenant.text), .text(id.text))
            ]) { _, answer throws(StoreFailure) in
                wasActive = try answer.row { row throws(StoreFailure) in try row.flag(0) }
            }
            guard let wasActive else { throw .missing }
            guard wasActive != (status == .active) else { return nil }
            try connection.changeOne(
                Statement(
                    """
                    UPDATE "user" SET deactivated_at = $3, updated_at = $4 WHERE tenant_id = $1 AND user_id = $2
                    """, .text(tenant.text), .text(id.text),
                    .number(status == .active ? nil : moment.milliseconds), .number(moment.milliseconds)))
            if status == .deactivated { _ = try insert([.userGone(id, tenant, audit)], &connection) }
            return try cutOff(UserReference(tenant, id), of: tenant, status, at: moment, recording: audit, &connection)
        }
    }

    package func purge(
        _ id: User.ID, of tenant: Tenant.ID, at moment: Timestamp, recording audit: AuditDraft
    ) throws(StoreFailure) -> UserCutoff {
        try write { connection throws(StoreFailure) in
            // Before the user is locked: a refresh holds its grant while it waits for a batch that holds the user.
            try endRefreshing(of: id, of: tenant, &connection)
            try connection.changeOne(
                Statement(
                    #"DELETE FROM "user" WHERE tenant_id = $1 AND user_id = $2"#, .text(tenant.text), .text(id.text)))
            try connection.exchange([
                Statement(
                    "DELETE FROM revocation WHERE tenant_id = $1 AND kind = 'user' AND subject = $2",
                    .text(tenant.text), .text(id.text)),
                // They are sealed, and nobody knows whose they are.
                Statement(
                    """
                    DELETE FROM issue_answer
                    WHERE api_key_id IN (SELECT api_key_id FROM api_key WHERE tenant_id = $1)
                    """, .text(tenant.text)),
            ])
            _ = try insert([.userGone(id, tenant, audit)], &connection)
            return try cutOff(UserReference(tenant, id), of: tenant, .active, at: moment, recording: audit, &connection)
        }
    }

    package func userCutoffs(after moment: Timestamp) throws(StoreFailure) -> [UserCutoff] {
        try read(
            Statement(
                "SELECT tenant_id, reference, changed_at, is_deactivated FROM user_cutoff WHERE changed_at > $1",
                .number(moment.milliseconds))
        ) { row throws(StoreFailure) in
            UserCutoff(
                tenant: try row.checked(0, Tenant.ID.init), reference: try row.checked(1) { UserReference($0) },
                changedAt: try row.moment(2), isDeactivated: try row.number(3) == 1)
        }
    }

    /// Stores from when on which of the user's tokens are honoured, later than before whatever the clocks say, and
    /// forgets what has outlived every token; what another transaction is at is left to it.
    private func cutOff(
        _ reference: UserReference, of tenant: Tenant.ID, _ status: User.Status, at moment: Timestamp,
        recording audit: AuditDraft, _ connection: inout Connection
    ) throws(StoreFailure) -> UserCutoff {
        var changedAt: Int64?
        try connection.exchange([
            Statement(
                """
                DELETE FROM user_cutoff WHERE (tenant_id, reference) IN (
                    SELECT tenant_id, reference FROM user_cutoff WHERE changed_at < $1 LIMIT 1000
                    FOR UPDATE SKIP LOCKED
                )
                """, .number(moment.adding(seconds: -UserCutoff.life).milliseconds)),
            Statement(
                """
                INSERT INTO user_cutoff AS c (tenant_id, reference, changed_at, is_deactivated)
                VALUES ($1, $2, $3, $4)
                ON CONFLICT (tenant_id, reference) DO UPDATE SET
                    changed_at = greatest(excluded.changed_at, c.changed_at + 1),
                    is_deactivated = excluded.is_deactivated
                RETURNING c.changed_at
                """, .text(tenant.text), .text(reference.text), .number(moment.milliseconds),
                .number(status == .deactivated ? 1 : 0)),
        ]) { place, answer throws(StoreFailure) in
            if place == 1 { changedAt = try answer.row { row throws(StoreFailure) in try row.number(0) } }
        }
        guard let changedAt else { throw .corrupt(cause: "a cut-off was not stored") }
        let cutoff = UserCutoff(
            tenant: tenant, reference: reference, changedAt: Timestamp(milliseconds: changedAt),
            isDeactivated: status == .deactivated)
        try append(audit, &connection)
        try log(.user(cutoff), &connection)
        return cutoff
    }
}
