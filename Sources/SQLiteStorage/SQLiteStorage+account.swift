package import Domain
internal import GRDB

extension SQLiteStorage {
    package func register(
        _ registration: Registration, recording audit: [AuditDraft]
    ) throws(StoreFailure) {
        try write { db in
            try insert(registration.tenant, db)
            try insert(registration.signingKey, of: registration.tenant.id, db)
            try insert(registration.apiKey, db)
            try insert(registration.account, registration.password, db)
            try insert(registration.account.id, in: registration.tenant.id, as: .owner, db)
            try insert(registration.session, db)
            try append(audit, db)
            try log(.tenant(registration.tenant.id), db)
            try log(.apiKey(registration.apiKey.id), db)
        }
    }

    package func create(
        _ account: Account, password: PasswordHash, memberOf tenant: (id: Tenant.ID, role: Role)?,
        recording audit: [AuditDraft]
    ) throws(StoreFailure) {
        try write { db in
            try insert(account, password, db)
            if let tenant { try insert(account.id, in: tenant.id, as: tenant.role, db) }
            try append(audit, db)
        }
    }

    package func account(_ email: EmailAddress) throws(StoreFailure) -> Credentials? {
        try read { db in
            try Row.fetchOne(
                db, sql: "SELECT \(Account.columns), password_hash FROM account WHERE email = ?",
                arguments: [email.text]
            ).map { row in
                let account = try Account(row)
                return Credentials(
                    account: account, password: try row.checked("password_hash", PasswordHash.init),
                    memberships: try Membership.all(of: account.id, db))
            }
        }
    }

    package func accounts() throws(StoreFailure) -> [Account] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT \(Account.columns) FROM account ORDER BY created_at, account_id")
                .map { row in try Account(row) }
        }
    }

    package func replacePassword(
        _ former: PasswordHash, by password: PasswordHash, of account: Account.ID, keeping session: Session.ID?,
        recording audit: [AuditDraft]
    ) throws(StoreFailure) -> Int {
        try write { db in
            try db.changeOne(
                """
                UPDATE account SET password_hash = ?, password_changed_at = ?
                WHERE account_id = ? AND password_hash = ?
                """, [password.text, world.now().milliseconds, account.text, former.text])
            try db.execute(
                sql: "DELETE FROM session WHERE account_id = ? AND session_id IS NOT ?",
                arguments: [account.text, session?.text])
            let ended = db.changesCount
            try append(audit, db)
            return ended
        }
    }

    func insert(_ account: Account, _ password: PasswordHash, _ db: Database) throws {
        try db.changeOne(
            """
            INSERT INTO account (account_id, email, password_hash, created_at, password_changed_at)
            VALUES (:account, :email, :password, :created, :created)
            """,
            [
                "account": account.id.text, "email": account.email.text, "password": password.text,
                "created": account.createdAt.milliseconds,
            ])
    }

    func insert(_ account: Account.ID, in tenant: Tenant.ID, as role: Role, _ db: Database) throws {
        try db.changeOne(
            """
            INSERT INTO membership (tenant_id, account_id, role, joined_at)
            SELECT tenant_id, ?, ?, ? FROM tenant WHERE tenant_id = ? AND deleted_at IS NULL
            """, [account.text, role.rawValue, world.now().milliseconds, tenant.text])
    }

    func insert(_ session: Session, _ db: Database) throws {
        try db.changeOne(
            """
            INSERT INTO session (\(Session.columns))
            VALUES (:session, :account, :hash, :created, :expires, :seen, :address, :agent)
            """, session.fields)
    }
}
