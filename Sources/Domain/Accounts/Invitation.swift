package import Tokens

/// That whoever holds a link may become a member of a tenant, once.
package struct Invitation: Sendable, Equatable {
    /// The name by which an invitation is listed and withdrawn.
    package typealias ID = TimeOrderedID<Invitation>

    /// Seconds for which it can be accepted unless said otherwise (7 days), at least (1 minute) and at most (30 days).
    package static let life: Int64 = 604_800, shortestLife: Int64 = 60, longestLife: Int64 = 2_592_000

    /// Its name.
    package let id: ID
    /// SHA-256 of its token.
    package let tokenHash: Digest
    /// To which tenant, as what.
    package let tenant: Tenant.ID, role: Role
    /// For whom alone; nil: for whoever holds the link.
    package let email: EmailAddress?
    /// Who invites, such as `account 0198…`.
    package let invitedBy: String
    /// When it was made, and until when it can be accepted.
    package let createdAt: Timestamp, expiresAt: Timestamp

    /// An invitation.
    package init(
        id: ID, tokenHash: Digest, tenant: Tenant.ID, role: Role, email: EmailAddress?, invitedBy: String,
        createdAt: Timestamp, expiresAt: Timestamp
    ) {
        self.id = id
        self.tokenHash = tokenHash
        self.tenant = tenant
        self.role = role
        self.email = email
        self.invitedBy = invitedBy
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }

    /// A newly made token, to be shown once and never stored: `chatinv_` and 32 base62 characters, 190 bits.
    static func makeToken(world: World) -> String { prefix + Base62.random(32, world: world) }

    /// The hash by which an invitation is found; nil for what cannot be a token.
    static func hash(of token: String) -> Digest? {
        guard token.utf8.count == prefix.utf8.count + 32, token.hasPrefix(prefix) else { return nil }
        return SHA256.digest(token.utf8.span)
    }

    private static let prefix = "chatinv_"
}
