package import Tokens

/// Accounts, their sessions, and who may act for a tenant, in the database; each method is one transaction.
///
/// What is expired or used counts for nothing, whether or not it was pruned. Methods that take drafts store them in the
/// same transaction, one for each tenant that is concerned.
package protocol AccountStorage: Sendable {
    /// Stores an account with its tenant, of which it is the owner, the tenant's first keys and the first session, all
    /// or nothing; `conflict` where the e-mail address or the tenant's identifier is taken.
    func register(_ registration: Registration, recording audit: [AuditDraft]) throws(StoreFailure)
    /// Stores an account without a session; `conflict` where the e-mail address is taken, `missing` where a tenant does
    /// not exist.
    func create(
        _ account: Account, password: PasswordHash, memberOf tenant: (id: Tenant.ID, role: Role)?,
        recording audit: [AuditDraft]
    ) throws(StoreFailure)
    /// The account with this e-mail address, its password and its tenants.
    func account(_ email: EmailAddress) throws(StoreFailure) -> Credentials?
    /// All accounts, oldest first.
    func accounts() throws(StoreFailure) -> [Account]
    /// Replaces the password and ends all sessions but one (nil: all); `missing` where the account has not the `former`
    /// password any more.
    /// - Returns: how many sessions were ended.
    func replacePassword(
        _ former: PasswordHash, by password: PasswordHash, of account: Account.ID, keeping session: Session.ID?,
        recording audit: [AuditDraft]
    ) throws(StoreFailure) -> Int

    /// Stores a session of an account that still has this password; `missing` where it has another, or is not there.
    func open(_ session: Session, with password: PasswordHash, recording audit: [AuditDraft]) throws(StoreFailure)
    /// The session and its account, unless it has ended by `moment`.
    func session(_ id: Session.ID, at moment: Timestamp) throws(StoreFailure) -> Session.Holder?
    /// The sessions of an account that have not ended by `moment`, newest first.
    func sessions(of account: Account.ID, at moment: Timestamp) throws(StoreFailure) -> [Session]
    /// Notes that a session was used; one that is gone stays gone.
    func touch(_ session: Session.ID, at moment: Timestamp) throws(StoreFailure)
    /// Ends a session of the account; `missing` where it has none of that name.
    func end(_ session: Session.ID, of account: Account.ID, recording audit: [AuditDraft]) throws(StoreFailure)

    /// The members of a tenant, those that joined first first.
    func members(of tenant: Tenant.ID) throws(StoreFailure) -> [Member]
    /// Gives a member another role, or none; `missing` where the account is no member.
    func setRole(
        _ role: Role?, of account: Account.ID, in tenant: Tenant.ID, recording audit: [AuditDraft]
    ) throws(StoreFailure) -> RoleChange

    /// Stores an invitation; `missing` where the tenant does not exist.
    func create(_ invitation: Invitation, recording audit: [AuditDraft]) throws(StoreFailure)
    /// The invitations to a tenant that can be accepted at `moment`, oldest first.
    func invitations(to tenant: Tenant.ID, at moment: Timestamp) throws(StoreFailure) -> [Invitation]
    /// The invitation with this token if it can be accepted at `moment`.
    func invitation(_ tokenHash: Digest, at moment: Timestamp) throws(StoreFailure) -> Invitation?
    /// Withdraws an invitation that was not accepted yet; `missing` where the tenant has none of that name.
    func withdraw(_ invitation: Invitation.ID, of tenant: Tenant.ID, recording audit: [AuditDraft])
        throws(StoreFailure)
    /// Makes an account a member by an invitation, which is used up by that.
    ///
    /// `missing` where the invitation cannot be accepted any more, `conflict` where the account is a member already or
    /// where the e-mail address of a new one is taken; then the invitation stays.
    func accept(_ invitation: Invitation, by guest: Guest, at moment: Timestamp, recording audit: [AuditDraft])
        throws(StoreFailure)

    /// Removes sessions and invitations that ended before the moment; with `dryRun` only counts them.
    func pruneAccess(before moment: Timestamp, dryRun: Bool) throws(StoreFailure) -> Int
}

/// What one registration stores.
package struct Registration: Sendable {
    /// The account and its password.
    package let account: Account, password: PasswordHash
    /// The tenant it owns from now on, with the key that signs its tokens and its first API key.
    package let tenant: Tenant, signingKey: SealedKey, apiKey: APIKey
    /// The session in which the person is logged in from now on.
    package let session: Session

    /// A registration.
    package init(
        account: Account, password: PasswordHash, tenant: Tenant, signingKey: SealedKey, apiKey: APIKey,
        session: Session
    ) {
        self.account = account
        self.password = password
        self.tenant = tenant
        self.signingKey = signingKey
        self.apiKey = apiKey
        self.session = session
    }
}

/// What it takes to log in.
package struct Credentials: Sendable, Equatable {
    /// The account.
    package let account: Account
    /// Its password.
    package let password: PasswordHash
    /// Its tenants in the order of their identifiers, deleted ones left out.
    package let memberships: [Membership]

    /// Credentials.
    package init(account: Account, password: PasswordHash, memberships: [Membership]) {
        self.account = account
        self.password = password
        self.memberships = memberships
    }
}

/// Who accepts an invitation.
package enum Guest: Sendable {
    /// An account that is there already.
    case account(Account.ID)
    /// A new account, which is logged in from now on.
    case newcomer(Account, PasswordHash, Session)

    /// The account that becomes a member.
    package var account: Account.ID {
        switch self {
        case .account(let id): id
        case .newcomer(let account, _, _): account.id
        }
    }
}

/// What became of a change of a member's role.
package enum RoleChange: Sendable, Equatable {
    /// The member has the role.
    case done
    /// The member is the only owner and stays one.
    case lastOwner
}
