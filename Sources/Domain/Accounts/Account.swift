/// A person who manages tenants.
package struct Account: Sendable, Equatable {
    /// The immutable name of an account.
    package typealias ID = TimeOrderedID<Account>

    /// Its identifier.
    package let id: ID
    /// By which the person logs in.
    package let email: EmailAddress
    /// When it was made.
    package let createdAt: Timestamp

    /// An account.
    package init(id: ID, email: EmailAddress, createdAt: Timestamp) {
        self.id = id
        self.email = email
        self.createdAt = createdAt
    }
}

/// What an account is to a tenant.
package struct Membership: Sendable, Equatable {
    /// The tenant.
    package let tenant: Tenant.ID
    /// What the tenant is called, and whether it is served; a deleted tenant has no members.
    package let name: String, status: Tenant.Status
    /// What the account may do there.
    package let role: Role

    /// A membership.
    package init(tenant: Tenant.ID, name: String, status: Tenant.Status, role: Role) {
        self.tenant = tenant
        self.name = name
        self.status = status
        self.role = role
    }
}

/// A member of a tenant, as the tenant sees it.
package struct Member: Sendable, Equatable {
    /// The account.
    package let account: Account.ID
    /// By which the person logs in.
    package let email: EmailAddress
    /// What it may do.
    package let role: Role
    /// Since when.
    package let joinedAt: Timestamp

    /// A member.
    package init(account: Account.ID, email: EmailAddress, role: Role, joinedAt: Timestamp) {
        self.account = account
        self.email = email
        self.role = role
        self.joinedAt = joinedAt
    }
}
