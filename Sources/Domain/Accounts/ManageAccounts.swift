internal import Tokens

/// Registers people, logs them in and out, and lists their sessions.
///
/// Nothing here hashes a password: that is dear, and has threads of its own.
package struct ManageAccounts: Sendable {
    let storage: any Storage
    /// The secrets that browsers hold.
    package let tokens: SessionTokens
    private let vault: Vault
    let world: World
    private let keyPrefix: String

    /// What the first API key of a tenant is called.
    package static let firstKeyName = "Primary API key"

    /// The use cases over a database and the secrets of its deployment.
    package init(storage: any Storage, vault: Vault, tokens: SessionTokens, keyPrefix: String, world: World) {
        self.storage = storage
        self.vault = vault
        self.tokens = tokens
        self.keyPrefix = keyPrefix
        self.world = world
    }

    /// Where a person logs in from, and with what.
    package struct Client: Sendable {
        /// The address as text, and what the client calls itself; nil: not known.
        package let address: String?, userAgent: String?

        /// A client.
        package init(address: String?, userAgent: String?) {
            self.address = address
            self.userAgent = userAgent
        }
    }

    /// A session that was just opened.
    package struct Opened: Sendable {
        /// The session with its account and the tenants of that.
        package let holder: Session.Holder
        /// Its token: show it once, never log it.
        package let token: String
    }

    /// What a registration made.
    package struct Registered: Sendable {
        /// The tenant.
        package let tenant: Tenant
        /// Its first API key, with the secret that is shown once.
        package let key: ManageKeys.Issued
        /// In which the person is logged in.
        package let session: Opened
    }

    /// Makes an account with a tenant that it owns, whose first keys work at once, and logs it in.
    ///
    /// - Parameters:
    ///   - email: by which the person will log in.
    ///   - password: the hash of the password.
    ///   - id: the identifier of the tenant.
    ///   - name: what the tenant is called; nil: its identifier.
    ///   - client: where the person is.
    ///   - requestID: the request, for the audit log.
    /// - Returns: all that was made.
    /// - Throws: `conflict` where the identifier or the e-mail address is taken, `invalid` for a bad name; then nothing
    ///   was stored.
    package func register(
        _ email: EmailAddress, password: PasswordHash, tenant id: Tenant.ID, name: String?, from client: Client,
        requestID: String?
    ) throws(ManagementFailure) -> Registered {
        let now = world.now()
        var settings = TenantChange()
        settings.name = name
        let plan = try ManagementFailure.telling(of: "plan \(Plan.ID.free)") { () throws(StoreFailure) in
            try storage.plan(.free)
        }
        guard let plan else { throw .conflict("Nobody can register: there is no plan \(Plan.ID.free).") }
        let tenant = try settings.applied(to: Tenant(id: id, name: id.text, plan: plan, createdAt: now))
        let account = Account(id: Account.ID(world: world), email: email, createdAt: now)
        let secret = APIKey.Secret(prefix: keyPrefix, world: world)
        let key = APIKey(
            id: secret.id, owner: .tenant(id), name: Self.firstKeyName,
            scopes: ManageKeys.defaultScopes(of: .tenant(id)), secretHash: secret.hash, createdAt: now)
        let sealed = try ManagementFailure.sealing { () throws(TokenFailure) in
            let key = try SigningKey.generate(.hs256, randomBytes: world.randomBytes)
            return try vault.seal(key, state: .active, for: id, at: now)
        }
        let (session, token) = try makeSession(of: account.id, for: client)
        let registration = Registration(
            account: account, password: password, tenant: tenant, signingKey: sealed, apiKey: key, session: session)
        try store(
            registration,
            AuditDraft(
                .accountRegistered, for: id, by: account.origin(client, requestID), target: account.auditTarget,
                after: ["email": JSON(email.text), "key": JSON(key.id.text), "name": JSON(tenant.name)], at: now))
        let membership = Membership(tenant: id, name: tenant.name, status: .active, role: .owner)
        return Registered(
            tenant: tenant, key: ManageKeys.Issued(key: key, text: secret.revealOnce()),
            session: Opened(
                holder: Session.Holder(session: session, account: account, memberships: [membership]), token: token))
    }

    /// A conflict is told apart afterwards: identifiers of tenants are never given back.
    private func store(_ registration: Registration, _ audit: AuditDraft) throws(ManagementFailure) {
        let id = registration.tenant.id
        do throws(StoreFailure) {
            try storage.register(registration, recording: [audit])
        } catch .conflict {
            let isTaken = try ManagementFailure.telling(of: "tenant \(id)") { () throws(StoreFailure) in
                try storage.tenant(id) != nil
            }
            throw .conflict(
                isTaken
                    ? "There already is a tenant \(id); choose another identifier."
                    : "There already is an account with this e-mail address; log in instead.")
        } catch {
            throw ManagementFailure(error, about: "tenant \(id)")
        }
    }

    /// The account with this e-mail address and what it takes to log in; nil where there is none.
    package func credentials(of email: EmailAddress) throws(ManagementFailure) -> Credentials? {
        try ManagementFailure.telling(of: "account") { () throws(StoreFailure) in try storage.account(email) }
    }

    /// Logs an account in whose password was found to be right; `missing` where it was changed meanwhile.
    package func open(
        _ credentials: Credentials, from client: Client, requestID: String?
    ) throws(ManagementFailure) -> Opened {
        let account = credentials.account
        let (session, token) = try makeSession(of: account.id, for: client)
        let audit = drafts(
            .loginSucceeded, of: credentials.memberships, by: account.origin(client, requestID),
            target: account.auditTarget, after: ["session": JSON(session.id.text)])
        try ManagementFailure.telling(of: "account") { () throws(StoreFailure) in
            try storage.open(session, with: credentials.password, recording: audit)
        }
        return Opened(
            holder: Session.Holder(session: session, account: account, memberships: credentials.memberships),
            token: token)
    }

    /// A session that begins now, not stored yet, and its token.
    func makeSession(
        of account: Account.ID, for client: Client
    ) throws(ManagementFailure) -> (session: Session, token: String) {
        let now = world.now()
        let (id, end) = (Session.ID(world: world), now.adding(seconds: Session.life))
        let token = try ManagementFailure.sealing { () throws(TokenFailure) in
            try tokens.make(for: id, of: account, from: now, until: end, world: world)
        }
        let session = Session(
            id: id, account: account, tokenHash: SHA256.digest(token.utf8.span), createdAt: now, expiresAt: end,
            lastSeenAt: now, address: client.address,
            userAgent: client.userAgent.map { String($0.prefix(Session.longestUserAgent)) })
        return (session, token)
    }

    /// One draft for each of the tenants, or one for the operator where there is none.
    func drafts(
        _ action: AuditAction, of memberships: [Membership], by origin: AuditOrigin, target: String?,
        after: JSON? = nil
    ) -> [AuditDraft] {
        let tenants: [Tenant.ID?] = memberships.isEmpty ? [nil] : memberships.map(\.tenant)
        return tenants.map { tenant in
            AuditDraft(action, for: tenant, by: origin, target: target, after: after, at: world.now())
        }
    }
}

extension Account {
    /// What the audit log calls it.
    package var auditTarget: String { "account \(id)" }

    /// The account as who acts.
    func origin(_ client: ManageAccounts.Client, _ requestID: String?) -> AuditOrigin {
        AuditOrigin(actor: auditTarget, address: client.address, requestID: requestID)
    }
}
