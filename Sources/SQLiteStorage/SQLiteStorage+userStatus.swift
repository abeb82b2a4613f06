package import Domain
internal import GRDB

extension SQLiteStorage {
    package func setStatus(
        _ status: User.Status, of id: User.ID, of tenant: Tenant.ID, at moment: Timestamp,
        recording audit: AuditDraft
    ) throws(StoreFailure) -> UserCutoff? {
        try write { db in
            guard let row = try UserRow.find(tenant, id, db) else { throw StoreFailure.missing }
            guard row.record.status != status else { return nil }
            try db.changeOne(
                "UPDATE user SET deactivated_at = ?, updated_at = ? WHERE rowid = ?",
                [status == .active ? nil : moment.milliseconds, moment.milliseconds, row.number])
            if status == .deactivated { _ = try insert([.userGone(id, tenant, audit)], db) }
            return try cutOff(UserReference(tenant, id), of: tenant, status, at: moment, recording: audit, db)
        }
    }

    package func purge(
        _ id: User.ID, of tenant: Tenant.ID, at moment: Timestamp, recording audit: AuditDraft
    ) throws(StoreFailure) -> UserCutoff {
        try write { db in
            // Before the user is locked: a refresh holds its grant while it waits for a batch that holds the user.
            try endRefreshing(of: id, of: tenant, db)
            try db.changeOne("DELETE FROM user WHERE tenant_id = ? AND user_id = ?", [tenant.text, id.text])
            try db.execute(
                sql: "DELETE FROM revocation WHERE tenant_id = ? AND kind = 'user' AND subject = ?",
                arguments: [tenant.text, id.text])
            // They are sealed, and nobody knows whose they are.
            try db.execute(
                sql: """
                    DELETE FROM issue_answer
                    WHERE api_key_id IN (SELECT api_key_id FROM api_key WHERE tenant_id = ?)
                    """, arguments: [tenant.text])
            _ = try insert([.userGone(id, tenant, audit)], db)
            return try cutOff(UserReference(tenant, id), of: tenant, .active, at: moment, recording: audit, db)
        }
    }

    package func userCutoffs(after moment: Timestamp) throws(StoreFailure) -> [UserCutoff] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: "SELECT tenant_id, reference, changed_at, is_deactivated FROM user_cutoff WHERE changed_at > ?",
                arguments: [moment.milliseconds]
            ).map { row in
                UserCutoff(
                    tenant: try row.checked("tenant_id", Tenant.ID.init),
                    reference: try row.checked("reference") { UserReference($0) },
                    changedAt: try row.moment("changed_at"), isDeactivated: try row.required("is_deactivated"))
            }
        }
    }

    /// Stores from when on which of the user's tokens are honoured, later than before whatever the clock says, and
    /// forgets what has outlived every token.
    private func cutOff(
        _ reference: UserReference, of tenant: Tenant.ID, _ status: User.Status, at moment: Timestamp,
        recording audit: AuditDraft, _ db: Database
    ) throws -> UserCutoff {
        try db.execute(
            sql: "DELETE FROM user_cutoff WHERE changed_at < ?",
            arguments: [moment.adding(seconds: -UserCutoff.life).milliseconds])
        let changedAt = try Int64.fetchOne(
            db,
            sql: """
                INSERT INTO user_cutoff (tenant_id, reference, changed_at, is_deactivated) VALUES (?, ?, ?, ?)
                ON CONFLICT (tenant_id, reference) DO UPDATE SET
                    changed_at = max(excluded.changed_at, changed_at + 1), is_deactivated = excluded.is_deactivated
                RETURNING changed_at
                """, arguments: [tenant.text, reference.text, moment.milliseconds, status == .deactivated])
        guard let changedAt else { throw StoreFailure.corrupt(cause: "a cut-off was not stored") }
        let cutoff = UserCutoff(
            tenant: tenant, reference: reference, changedAt: Timestamp(milliseconds: changedAt),
            isDeactivated: status == .deactivated)
        try append(audit, db)
        try log(.user(cutoff), db)
        return cutoff
    }
}
