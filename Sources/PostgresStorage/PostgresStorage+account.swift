package import Domain

extension PostgresStorage {
    package func register(
        _ registration: Registration, recording audit: [AuditDraft]
    ) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
            try insert(registration.tenant, &connection)
            try insert(registration.signingKey, of: registration.tenant.id, &connection)
            try insert(registration.apiKey, &connection)
            try insert(registration.account, registration.password, &connection)
            try insert(registration.account.id, in: registration.tenant.id, as: .owner, &connection)
            try insert(registration.session, &connection)
            try append(audit, &connection)
            try log(.tenant(registration.tenant.id), &connection)
            try log(.apiKey(registration.apiKey.id), &connection)
        }
    }

    package func create(
        _ account: Account, password: PasswordHash, memberOf tenant: (id: Tenant.ID, role: Role)?,
        recording audit: [AuditDraft]
    ) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
            try insert(account, password, &connection)
            if let tenant { try insert(account.id, in: tenant.id, as: tenant.role, &connection) }
            try append(audit, &connection)
        }
    }

    package func account(_ email: EmailAddress) throws(StoreFailure) -> Credentials? {
        try pool.use { connection throws(StoreFailure) in
            var found: (account: Account, password: PasswordHash)?
            var memberships: [Membership] = []
            try connection.exchange([
                .beginReading, .limits,
                Statement(
                    "SELECT \(Account.columns), a.password_hash FROM account AS a WHERE a.email = $1",
                    .text(email.text)),
                Statement(
                    """
                    SELECT \(Membership.columns) FROM account AS a JOIN membership AS m USING (account_id)
                        JOIN tenant AS t USING (tenant_id)
                    WHERE a.email = $1 AND \(Membership.rest)
                    """, .text(email.text)),
                .commit,
            ]) { place, answer throws(StoreFailure) in
                switch place {
                case 2:
                    found = try answer.row { row throws(StoreFailure) in
                        (try Account(row), try row.checked(3, PasswordHash.init))
                    }
                case 3: memberships = try answer.rows { row throws(StoreFailure) in try Membership(row) }
                default: break
                }
            }
            return found.map {
                Credentials(account: $0.account, password: $0.password, memberships: memberships)
            }
        }
    }

    package func accounts() throws(StoreFailure) -> [Account] {
        try read(Statement("SELECT \(Account.columns) FROM account AS a ORDER BY a.created_at, a.account_id")) {
            row throws(StoreFailure) in try Account(row)
        }
    }

    package func replacePassword(
        _ former: PasswordHash, by password: PasswordHash, of account: Account.ID, keeping session: Session.ID?,
        recording audit: [AuditDraft]
    ) throws(StoreFailure) -> Int {
        try write { connection throws(StoreFailure) in
            try connection.changeOne(
                Statement(
                    """
                    UPDATE account SET password_hash = $3, password_changed_at = $4
                    WHERE account_id = $1 AND password_hash = $2
                    """, .text(account.text), .text(former.text), .text(password.text),
                    .number(world.now().milliseconds)))
            var ended = 0
            try connection.exchange([
                Statement(
                    "DELETE FROM session WHERE account_id = $1 AND session_id IS DISTINCT FROM $2",
                    .text(account.text), .text(session?.text))
            ]) { _, answer in ended = answer.changed }
            try append(audit, &connection)
            return ended
        }
    }

    func insert(
        _ account: Account, _ password: PasswordHash, _ connection: inout Connection
    ) throws(StoreFailure) {
        try connection.changeOne(
            Statement(
                """
                INSERT INTO account (account_id, email, password_hash, created_at, password_changed_at)
                VALUES ($1, $2, $3, $4, $4)
                """, .text(account.id.text), .text(account.email.text), .text(password.text),
                .number(account.createdAt.milliseconds)))
    }

    func insert(
        _ account: Account.ID, in tenant: Tenant.ID, as role: Role, _ connection: inout Connection
    ) throws(StoreFailure) {
        try connection.changeOne(
            Statement(
                """
                INSERT INTO membership (tenant_id, account_id, role, joined_at)
                SELECT tenant_id, $1, $2, $3 FROM tenant WHERE tenant_id = $4 AND deleted_at IS NULL
                """, .text(account.text), .text(role.rawValue), .number(world.now().milliseconds),
                .text(tenant.text)))
    }

    func insert(_ session: Session, _ connection: inout Connection) throws(StoreFailure) {
        try connection.changeOne(
            Statement(
                "INSERT INTO session (\(Session.columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", session.fields))
    }
}
