internal import Domain
internal import Tokens

extension Account {
    static let columns = "a.account_id, a.email, a.created_at"

    /// The account of a row whose columns from `place` on are ``columns``.
    init(_ row: borrowing Row, from place: Int = 0) throws(StoreFailure) {
        self.init(
            id: try row.checked(place, ID.init), email: try row.checked(place + 1, EmailAddress.init),
            createdAt: try row.moment(place + 2))
    }
}

extension Membership {
    /// What a list of memberships selects and in which order; deleted tenants are left out.
    static let columns = "t.tenant_id, t.name, t.status, m.role"
    static let rest = "t.deleted_at IS NULL ORDER BY t.tenant_id"

    /// The membership of a row with ``columns``.
    init(_ row: borrowing Row) throws(StoreFailure) {
        self.init(
            tenant: try row.checked(0, Tenant.ID.init), name: try row.text(1),
            status: try row.checked(2, Tenant.Status.init(rawValue:)), role: try row.checked(3, Role.init(rawValue:)))
    }
}

extension Session {
    static let columns =
        "session_id, account_id, token_hash, created_at, expires_at, last_seen_at, address, user_agent"

    /// The session of a row with ``columns``.
    init(_ row: borrowing Row) throws(StoreFailure) {
        self.init(
            id: try row.checked(0, ID.init), account: try row.checked(1, Account.ID.init),
            tokenHash: try row.digest(2), createdAt: try row.moment(3), expiresAt: try row.moment(4),
            lastSeenAt: try row.moment(5), address: try row.optionalText(6), userAgent: try row.optionalText(7))
    }

    /// The values of ``columns``.
    var fields: [Statement.Value] {
        [
            .text(id.text), .text(account.text), .bytes(tokenHash.bytes), .number(createdAt.milliseconds),
            .number(expiresAt.milliseconds), .number(lastSeenAt.milliseconds), .text(address), .text(userAgent),
        ]
    }
}

extension Invitation {
    static let columns =
        "invitation_id, token_hash, tenant_id, role, email, invited_by, created_at, expires_at"

    /// The invitation of a row with ``columns``.
    init(_ row: borrowing Row) throws(StoreFailure) {
        self.init(
            id: try row.checked(0, ID.init), tokenHash: try row.digest(1),
            tenant: try row.checked(2, Tenant.ID.init), role: try row.checked(3, Role.init(rawValue:)),
            email: row.isNull(4) ? nil : try row.checked(4, EmailAddress.init), invitedBy: try row.text(5),
            createdAt: try row.moment(6), expiresAt: try row.moment(7))
    }

    /// The values of ``columns``.
    var fields: [Statement.Value] {
        [
            .text(id.text), .bytes(tokenHash.bytes), .text(tenant.text), .text(role.rawValue), .text(email?.text),
            .text(invitedBy), .number(createdAt.milliseconds), .number(expiresAt.milliseconds),
        ]
    }
}
