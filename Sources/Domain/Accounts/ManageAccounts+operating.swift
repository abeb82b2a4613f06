internal import Tokens

/// What an operator does for people who cannot do it themselves.
extension ManageAccounts {
    /// All accounts, oldest first.
    package func list() throws(ManagementFailure) -> [Account] {
        try ManagementFailure.telling(of: "account") { () throws(StoreFailure) in try storage.accounts() }
    }

    /// Makes an account, and a member of a tenant where one is given.
    ///
    /// - Parameters:
    ///   - email: by which the person will log in.
    ///   - password: the hash of the password.
    ///   - tenant: of which it is a member from now on, and as what; nil: of none.
    ///   - origin: who does it, for the audit log.
    /// - Returns: the account.
    /// - Throws: `conflict` where the e-mail address is taken, `missing` where the tenant does not exist.
    package func create(
        _ email: EmailAddress, password: PasswordHash, memberOf tenant: (id: Tenant.ID, role: Role)?,
        by origin: AuditOrigin
    ) throws(ManagementFailure) -> Account {
        let account = Account(id: Account.ID(world: world), email: email, createdAt: world.now())
        let audit = AuditDraft(
            tenant == nil ? .accountRegistered : .memberJoined, for: tenant?.id, by: origin,
            target: account.auditTarget,
            after: ["email": JSON(email.text), "role": JSON(optional: tenant?.role.rawValue)], at: world.now())
        do throws(StoreFailure) {
            try storage.create(account, password: password, memberOf: tenant, recording: [audit])
        } catch .missing {
            throw .missing("There is no tenant \(tenant?.id.text ?? "").")
        } catch {
            throw ManagementFailure(error, about: "an account \(email)")
        }
        return account
    }

    /// Gives an account another password without asking for the old one, and ends all its sessions.
    ///
    /// - Parameters:
    ///   - email: whose.
    ///   - password: the hash of the new one.
    ///   - origin: who does it, for the audit log.
    /// - Returns: how many sessions were ended.
    /// - Throws: `missing` where there is no such account.
    package func resetPassword(
        of email: EmailAddress, to password: PasswordHash, by origin: AuditOrigin
    ) throws(ManagementFailure) -> Int {
        guard let found = try credentials(of: email) else { throw .missing("There is no account \(email).") }
        let audit = drafts(
            .passwordChanged, of: found.memberships, by: origin, target: found.account.auditTarget)
        return try ManagementFailure.telling(of: "account \(email) with the password that was read") {
            () throws(StoreFailure) in
            try storage.replacePassword(
                found.password, by: password, of: found.account.id, keeping: nil, recording: audit)
        }
    }
}
