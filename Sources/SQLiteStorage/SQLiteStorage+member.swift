package import Domain
internal import GRDB
package import Tokens

extension SQLiteStorage {
    package func members(of tenant: Tenant.ID) throws(StoreFailure) -> [Member] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT account_id, email, role, joined_at FROM membership JOIN account USING (account_id)
                    WHERE tenant_id = ? ORDER BY joined_at, account_id
                    """, arguments: [tenant.text]
            ).map { row in
                Member(
                    account: try row.checked("account_id", Account.ID.init),
                    email: try row.checked("email", EmailAddress.init), role: try row.named("role"),
                    joinedAt: try row.moment("joined_at"))
            }
        }
    }

    package func setRole(
        _ role: Role?, of account: Account.ID, in tenant: Tenant.ID, recording audit: [AuditDraft]
    ) throws(StoreFailure) -> RoleChange {
        try write { db in
            // Whoever writes is alone, so that what is read here stays true until the end.
            let others = try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM membership WHERE tenant_id = :tenant AND role = 'owner'
                        AND account_id <> :account)
                    OR NOT EXISTS (SELECT 1 FROM membership WHERE tenant_id = :tenant AND role = 'owner'
                        AND account_id = :account)
                    """, arguments: ["tenant": tenant.text, "account": account.text])
            guard role == .owner || others == true else { return .lastOwner }
            if let role {
                try db.changeOne(
                    "UPDATE membership SET role = ? WHERE tenant_id = ? AND account_id = ?",
                    [role.rawValue, tenant.text, account.text])
            } else {
                try db.changeOne(
                    "DELETE FROM membership WHERE tenant_id = ? AND account_id = ?", [tenant.text, account.text])
            }
            if role != .owner {
                // An open invitation of his own would bring him back.
                try db.execute(
                    sql: "DELETE FROM invitation WHERE tenant_id = ? AND invited_by = ? AND used_at IS NULL",
                    arguments: [tenant.text, "account \(account)"])
            }
            try append(audit, db)
            return .done
        }
    }

    package func create(_ invitation: Invitation, recording audit: [AuditDraft]) throws(StoreFailure) {
        try write { db in
            try db.changeOne(
                """
                INSERT INTO invitation (\(Invitation.columns))
                VALUES (:invitation, :hash, :tenant, :role, :email, :by, :created, :expires)
                """, invitation.fields)
            try append(audit, db)
        }
    }

    package func invitations(to tenant: Tenant.ID, at moment: Timestamp) throws(StoreFailure) -> [Invitation] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT \(Invitation.columns) FROM invitation
                    WHERE tenant_id = ? AND used_at IS NULL AND expires_at > ? ORDER BY created_at, invitation_id
                    """, arguments: [tenant.text, moment.milliseconds]
            ).map { row in try Invitation(row) }
        }
    }

    package func invitation(_ tokenHash: Digest, at moment: Timestamp) throws(StoreFailure) -> Invitation? {
        try read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT \(Invitation.columns) FROM invitation
                    WHERE token_hash = ? AND used_at IS NULL AND expires_at > ?
                    """, arguments: [tokenHash.stored, moment.milliseconds]
            ).map { row in try Invitation(row) }
        }
    }

    package func withdraw(
        _ invitation: Invitation.ID, of tenant: Tenant.ID, recording audit: [AuditDraft]
    ) throws(StoreFailure) {
        try write { db in
            try db.changeOne(
                "DELETE FROM invitation WHERE invitation_id = ? AND tenant_id = ? AND used_at IS NULL",
                [invitation.text, tenant.text])
            try append(audit, db)
        }
    }

    package func accept(
        _ invitation: Invitation, by guest: Guest, at moment: Timestamp, recording audit: [AuditDraft]
    ) throws(StoreFailure) {
        try write { db in
            if case .newcomer(let account, let password, let session) = guest {
                try insert(account, password, db)
                try insert(session, db)
            }
            try db.changeOne(
                """
                UPDATE invitation SET used_at = :at, used_by = :by
                WHERE invitation_id = :id AND used_at IS NULL AND expires_at > :at
                """,
                ["at": moment.milliseconds, "by": guest.account.text, "id": invitation.id.text])
            try insert(guest.account, in: invitation.tenant, as: invitation.role, db)
            try append(audit, db)
        }
    }
}

extension SQLiteStorage {
    /// Appends to the audit logs of all concerned, in the transaction of the act.
    func append(_ drafts: [AuditDraft], _ db: Database) throws {
        for draft in drafts { try append(draft, db) }
    }
}
