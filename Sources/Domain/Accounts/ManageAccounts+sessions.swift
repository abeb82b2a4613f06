internal import Tokens

extension ManageAccounts {
    /// Who is logged in with this token; nil where it is none, or its session has ended.
    ///
    /// The database decides, so that a session that was ended is over on every node at once.
    package func holder(of token: String) throws(ManagementFailure) -> Session.Holder? {
        guard let (id, hash) = tokens.read(token) else { return nil }
        let now = world.now()
        return try ManagementFailure.telling(of: "session") { () throws(StoreFailure) in
            guard let holder = try storage.session(id, at: now), holder.session.tokenHash.constantTimeEquals(hash)
            else { return nil }
            if now.milliseconds - holder.session.lastSeenAt.milliseconds >= Session.useGrain * 1_000 {
                try storage.touch(id, at: now)
            }
            return holder
        }
    }

    /// The sessions of an account that have not ended, newest first.
    package func sessions(of account: Account.ID) throws(ManagementFailure) -> [Session] {
        try ManagementFailure.telling(of: "session") { () throws(StoreFailure) in
            try storage.sessions(of: account, at: world.now())
        }
    }

    /// Ends a session of the account at once and everywhere; `missing` where it has none of that name.
    ///
    /// The audit log calls it a logout where it is the one in which this is asked.
    package func end(
        _ id: Session.ID, asked holder: Session.Holder, by origin: AuditOrigin
    ) throws(ManagementFailure) {
        let audit = drafts(
            id == holder.session.id ? .loggedOut : .sessionRevoked, of: holder.memberships, by: origin,
            target: "session \(id)")
        try ManagementFailure.telling(of: "session \(id)") { () throws(StoreFailure) in
            try storage.end(id, of: holder.account.id, recording: audit)
        }
    }

    /// Replaces the password and ends the account's other sessions.
    ///
    /// - Parameters:
    ///   - former: the password as it was when it was found to be right.
    ///   - password: the new one.
    ///   - holder: whose it is; this session stays.
    ///   - origin: for the audit log.
    /// - Returns: how many sessions were ended.
    /// - Throws: `missing` where the password was changed meanwhile.
    package func changePassword(
        _ former: PasswordHash, to password: PasswordHash, of holder: Session.Holder, by origin: AuditOrigin
    ) throws(ManagementFailure) -> Int {
        let audit = drafts(
            .passwordChanged, of: holder.memberships, by: origin, target: holder.account.auditTarget)
        return try ManagementFailure.telling(of: "account with this password") { () throws(StoreFailure) in
            try storage.replacePassword(
                former, by: password, of: holder.account.id, keeping: holder.session.id, recording: audit)
        }
    }

    /// Notes in the audit log that somebody tried a wrong password; what was typed as e-mail address is not kept
    /// where there is no such account, since it may be a password.
    package func noteFailure(
        of credentials: Credentials?, from client: Client, requestID: String?
    ) throws(ManagementFailure) {
        let audit = drafts(
            .loginFailed, of: credentials?.memberships ?? [],
            by: AuditOrigin(actor: "anonymous", address: client.address, requestID: requestID),
            target: credentials?.account.auditTarget)
        try ManagementFailure.telling(of: "account") { () throws(StoreFailure) in try storage.record(audit) }
    }
}
