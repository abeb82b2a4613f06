package import Domain
package import Tokens

extension PostgresStorage {
    package func members(of tenant: Tenant.ID) throws(StoreFailure) -> [Member] {
        try read(
            Statement(
                """
                SELECT a.account_id, a.email, m.role, m.joined_at FROM membership AS m
                    JOIN account AS a USING (account_id)
                WHERE m.tenant_id = $1 ORDER BY m.joined_at, a.account_id
                """, .text(tenant.text))
        ) { row throws(StoreFailure) in
            Member(
                account: try row.checked(0, Account.ID.init), email: try row.checked(1, EmailAddress.init),
                role: try row.checked(2, Role.init(rawValue:)), joinedAt: try row.moment(3))
        }
    }

    package func setRole(
        _ role: Role?, of account: Account.ID, in tenant: Tenant.ID, recording audit: [AuditDraft]
    ) throws(StoreFailure) -> RoleChange {
        try write { connection throws(StoreFailure) in
            // Two that change the members of one tenant take turns, or each could take the other for the last owner.
            try connection.exchange([
                Statement("SELECT FROM tenant WHERE tenant_id = $1 FOR NO KEY UPDATE", .text(tenant.text))
            ])
            var isLastOwner = false
            try connection.exchange([
                Statement(
                    """
                    SELECT coalesce(bool_or(account_id = $2) AND count(*) = 1, false) FROM membership
                    WHERE tenant_id = $1 AND role = 'owner'
                    """, .text(tenant.text), .text(account.text))
            ]) { _, answer throws(StoreFailure) in
                isLastOwner = try answer.row { row throws(StoreFailure) in try row.flag(0) } ?? false
            }
            guard role == .owner || !isLastOwner else { return .lastOwner }
            if let role {
                try connection.changeOne(
                    Statement(
                        "UPDATE membership SET role = $3 WHERE tenant_id = $1 AND account_id = $2", .text(tenant.text),
                        .text(account.text), .text(role.rawValue)))
            } else {
                try connection.changeOne(
                    Statement(
                        "DELETE FROM membership WHERE tenant_id = $1 AND account_id = $2", .text(tenant.text),
                        .text(account.text)))
            }
            if role != .owner { try withdrawInvitations(of: account, to: tenant, &connection) }
            try append(audit, &connection)
            return .done
        }
    }

    /// An open invitation of his own would bring back who is an owner no more.
    private func withdrawInvitations(
        of account: Account.ID, to tenant: Tenant.ID, _ connection: inout Connection
    ) throws(StoreFailure) {
        try connection.exchange([
            Statement(
                "DELETE FROM invitation WHERE tenant_id = $1 AND invited_by = $2 AND used_at IS NULL",
                .text(tenant.text), .text("account \(account)"))
        ])
    }

    package func create(_ invitation: Invitation, recording audit: [AuditDraft]) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
            try connection.changeOne(
                Statement(
                    "INSERT INTO invitation (\(Invitation.columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                    invitation.fields))
            try append(audit, &connection)
        }
    }

    package func invitations(to tenant: Tenant.ID, at moment: Timestamp) throws(StoreFailure) -> [Invitation] {
        try read(
            Statement(
                """
                SELECT \(Invitation.columns) FROM invitation
                WHERE tenant_id = $1 AND used_at IS NULL AND expires_at > $2 ORDER BY created_at, invitation_id
                """, .text(tenant.text), .number(moment.milliseconds))
        ) { row throws(StoreFailure) in try Invitation(row) }
    }

    package func invitation(_ tokenHash: Digest, at moment: Timestamp) throws(StoreFailure) -> Invitation? {
        try read(
            Statement(
                """
                SELECT \(Invitation.columns) FROM invitation
                WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2
                """, .bytes(tokenHash.bytes), .number(moment.milliseconds))
        ) { row throws(StoreFailure) in try Invitation(row) }.first
    }

    package func withdraw(
        _ invitation: Invitation.ID, of tenant: Tenant.ID, recording audit: [AuditDraft]
    ) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
            try connection.changeOne(
                Statement(
                    "DELETE FROM invitation WHERE invitation_id = $1 AND tenant_id = $2 AND used_at IS NULL",
                    .text(invitation.text), .text(tenant.text)))
            try append(audit, &connection)
        }
    }

    package func accept(
        _ invitation: Invitation, by guest: Guest, at moment: Timestamp, recording audit: [AuditDraft]
    ) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
            if case .newcomer(let account, let password, let session) = guest {
                try insert(account, password, &connection)
                try insert(session, &connection)
            }
            try connection.changeOne(
                Statement(
                    """
                    UPDATE invitation SET used_at = $2, used_by = $3
                    WHERE invitation_id = $1 AND used_at IS NULL AND expires_at > $2
                    """, .text(invitation.id.text), .number(moment.milliseconds), .text(guest.account.text)))
            try insert(guest.account, in: invitation.tenant, as: invitation.role, &connection)
            try append(audit, &connection)
        }
    }
}

extension PostgresStorage {
    /// Appends to the audit logs of all concerned, in the transaction of the act.
    func append(_ drafts: [AuditDraft], _ connection: inout Connection) throws(StoreFailure) {
        // In one order everywhere, or two nodes could wait for each other.
        for draft in drafts.sorted(by: { AuditLink.chain(of: $0.tenant) < AuditLink.chain(of: $1.tenant) }) {
            try append(draft, &connection)
        }
    }
}
