internal import Tokens

/// Who may act for a tenant: its members and whom it invites.
package struct ManageMembers: Sendable {
    private let accounts: ManageAccounts
    private let publicURL: String

    private var storage: any Storage { accounts.storage }
    private var world: World { accounts.world }

    /// The use cases over those of accounts; invitations are links on the public URL.
    package init(accounts: ManageAccounts, publicURL: String) {
        self.accounts = accounts
        self.publicURL = publicURL
    }

    /// An invitation whose token was just made.
    package struct Issued: Sendable {
        /// The invitation as stored.
        package let invitation: Invitation
        /// Its token and the link that carries it: show them once, never log them.
        package let token: String, link: String
    }

    /// What accepting an invitation made.
    package struct Accepted: Sendable {
        /// The tenant, and what the account is to it from now on.
        package let tenant: Tenant.ID, role: Role
        /// The session of a new account; nil where an account accepted that was there already.
        package let session: ManageAccounts.Opened?
    }

    /// The members of a tenant, those that joined first first.
    package func list(_ tenant: Tenant.ID) throws(ManagementFailure) -> [Member] {
        try ManagementFailure.telling(of: "tenant \(tenant)") { () throws(StoreFailure) in
            guard try storage.tenant(tenant) != nil else { throw .missing }
            return try storage.members(of: tenant)
        }
    }

    /// Gives a member another role; the last owner stays one.
    package func change(
        _ account: Account.ID, of tenant: Tenant.ID, to role: Role, by origin: AuditOrigin
    ) throws(ManagementFailure) -> Member {
        let former = try member(account, of: tenant)
        let audit = AuditDraft(
            .memberChanged, for: tenant, by: origin, target: "account \(account)",
            before: ["role": JSON(former.role.rawValue)], after: ["role": JSON(role.rawValue)], at: world.now())
        try set(role, of: former, in: tenant, audit)
        return try member(account, of: tenant)
    }

    /// Ends a membership; the last owner stays.
    package func remove(
        _ account: Account.ID, from tenant: Tenant.ID, by origin: AuditOrigin
    ) throws(ManagementFailure) {
        let former = try member(account, of: tenant)
        let audit = AuditDraft(
            .memberRemoved, for: tenant, by: origin, target: "account \(account)",
            before: ["email": JSON(former.email.text), "role": JSON(former.role.rawValue)], at: world.now())
        try set(nil, of: former, in: tenant, audit)
    }

    private func set(
        _ role: Role?, of member: Member, in tenant: Tenant.ID, _ audit: AuditDraft
    ) throws(ManagementFailure) {
        let change = try ManagementFailure.telling(of: "member \(member.account)") { () throws(StoreFailure) in
            try storage.setRole(role, of: member.account, in: tenant, recording: [audit])
        }
        guard change == .done else {
            throw .refused("The tenant \(tenant) has no other owner; make somebody else an owner first.")
        }
    }

    private func member(_ account: Account.ID, of tenant: Tenant.ID) throws(ManagementFailure) -> Member {
        guard let member = try list(tenant).first(where: { $0.account == account }) else {
            throw .missing("There is no member \(account) of tenant \(tenant).")
        }
        return member
    }
}

extension ManageMembers {
    /// Invites to a tenant.
    ///
    /// - Parameters:
    ///   - tenant: to which.
    ///   - role: as what.
    ///   - email: for whom alone; nil: for whoever holds the link.
    ///   - seconds: how long it can be accepted, ``Invitation/shortestLife`` to ``Invitation/longestLife``; nil:
    ///     ``Invitation/life``.
    ///   - origin: who invites.
    /// - Returns: the invitation with its link.
    /// - Throws: `invalid` for a bad life, `missing` where the tenant does not exist.
    package func invite(
        to tenant: Tenant.ID, as role: Role, email: EmailAddress?, expiresIn seconds: Int64?, by origin: AuditOrigin
    ) throws(ManagementFailure) -> Issued {
        let life = seconds ?? Invitation.life
        guard (Invitation.shortestLife...Invitation.longestLife).contains(life) else {
            let rule = "must be from \(Invitation.shortestLife) to \(Invitation.longestLife) seconds"
            throw .invalid([Failure.Field("expiresIn", rule)])
        }
        let now = world.now()
        let token = Invitation.makeToken(world: world)
        let invitation = Invitation(
            id: Invitation.ID(world: world), tokenHash: SHA256.digest(token.utf8.span), tenant: tenant, role: role,
            email: email, invitedBy: origin.actor, createdAt: now, expiresAt: now.adding(seconds: life))
        let audit = AuditDraft(
            .memberInvited, for: tenant, by: origin, target: "invitation \(invitation.id)",
            after: ["email": JSON(optional: email?.text), "role": JSON(role.rawValue)], at: now)
        try ManagementFailure.telling(of: "tenant \(tenant)") { () throws(StoreFailure) in
            try storage.create(invitation, recording: [audit])
        }
        // Behind the fragment sign, which browsers keep to themselves: no log of a proxy gets to see the token.
        return Issued(invitation: invitation, token: token, link: "\(publicURL)/dashboard/invitation#\(token)")
    }

    /// The invitations that can be accepted now, oldest first.
    package func invitations(to tenant: Tenant.ID) throws(ManagementFailure) -> [Invitation] {
        try ManagementFailure.telling(of: "tenant \(tenant)") { () throws(StoreFailure) in
            guard try storage.tenant(tenant) != nil else { throw .missing }
            return try storage.invitations(to: tenant, at: world.now())
        }
    }

    /// Takes an invitation back that nobody has accepted.
    package func withdraw(
        _ id: Invitation.ID, of tenant: Tenant.ID, by origin: AuditOrigin
    ) throws(ManagementFailure) {
        let audit = AuditDraft(
            .invitationWithdrawn, for: tenant, by: origin, target: "invitation \(id)", at: world.now())
        try ManagementFailure.telling(of: "invitation \(id)") { () throws(StoreFailure) in
            try storage.withdraw(id, of: tenant, recording: [audit])
        }
    }

    /// Makes an account a member; see ``Accepted``.
    package func accept(_ token: String, as holder: Session.Holder, by origin: AuditOrigin)
        throws(ManagementFailure) -> Accepted
    {
        let invitation = try invitation(token, for: holder.account.email)
        try accept(invitation, by: .account(holder.account.id), origin, email: holder.account.email)
        return Accepted(tenant: invitation.tenant, role: invitation.role, session: nil)
    }

    /// Makes a new account that is a member, and logs it in.
    package func accept(
        _ token: String, as email: EmailAddress, password: PasswordHash, from client: ManageAccounts.Client,
        requestID: String?
    ) throws(ManagementFailure) -> Accepted {
        let invitation = try invitation(token, for: email)
        let account = Account(id: Account.ID(world: world), email: email, createdAt: world.now())
        let (session, text) = try accounts.makeSession(of: account.id, for: client)
        try accept(
            invitation, by: .newcomer(account, password, session), account.origin(client, requestID), email: email)
        let credentials = try accounts.credentials(of: email)
        let holder = Session.Holder(
            session: session, account: account, memberships: credentials?.memberships ?? [])
        return Accepted(
            tenant: invitation.tenant, role: invitation.role,
            session: ManageAccounts.Opened(holder: holder, token: text))
    }

    /// The invitation with this token if this address may accept it; why not is not told to who has no token.
    package func invitation(
        _ token: String, for email: EmailAddress
    ) throws(ManagementFailure) -> Invitation {
        let found = try ManagementFailure.telling(of: "invitation") { () throws(StoreFailure) in
            try Invitation.hash(of: token).flatMap { hash throws(StoreFailure) in
                try storage.invitation(hash, at: world.now())
            }
        }
        guard let found else { throw Self.unusable }
        guard found.email == nil || found.email == email else {
            throw .refused("The invitation is for another e-mail address.")
        }
        return found
    }

    private func accept(
        _ invitation: Invitation, by guest: Guest, _ origin: AuditOrigin, email: EmailAddress
    ) throws(ManagementFailure) {
        let audit = AuditDraft(
            .memberJoined, for: invitation.tenant, by: origin, target: "account \(guest.account)",
            after: [
                "email": JSON(email.text), "invitation": JSON(invitation.id.text),
                "role": JSON(invitation.role.rawValue),
            ], at: world.now())
        do throws(StoreFailure) {
            try storage.accept(invitation, by: guest, at: world.now(), recording: [audit])
        } catch .missing {
            throw Self.unusable
        } catch .conflict {
            switch guest {
            case .account: throw .conflict("You are a member of tenant \(invitation.tenant) already.")
            case .newcomer:
                throw .conflict("There already is an account with this e-mail address; log in and accept then.")
            }
        } catch {
            throw ManagementFailure(error, about: "invitation")
        }
    }

    private static let unusable = ManagementFailure.refused(
        "The invitation cannot be accepted: it is unknown, used, withdrawn or expired.")
}
