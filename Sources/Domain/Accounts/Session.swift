package import Tokens

/// That a person is logged in, on one device; its row in the database decides, whatever its token says.
package struct Session: Sendable, Equatable {
    /// The name by which a session is listed and ended.
    package typealias ID = TimeOrderedID<Session>

    /// Seconds that a session lives (7 days); it is not prolonged.
    package static let life: Int64 = 604_800
    /// Seconds by which the last use as stored may be behind: writing it at every request would cost a commit each.
    package static let useGrain: Int64 = 300
    /// The most characters kept of what the client calls itself.
    package static let longestUserAgent = 255

    /// Its name.
    package let id: ID
    /// Who is logged in.
    package let account: Account.ID
    /// SHA-256 of its token.
    package let tokenHash: Digest
    /// When the person logged in, and when it ends.
    package let createdAt: Timestamp, expiresAt: Timestamp
    /// When it was last used, give or take ``useGrain``.
    package let lastSeenAt: Timestamp
    /// From where the person logged in, and with what; nil: not known.
    package let address: String?, userAgent: String?

    /// A session.
    package init(
        id: ID, account: Account.ID, tokenHash: Digest, createdAt: Timestamp, expiresAt: Timestamp,
        lastSeenAt: Timestamp, address: String?, userAgent: String?
    ) {
        self.id = id
        self.account = account
        self.tokenHash = tokenHash
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.lastSeenAt = lastSeenAt
        self.address = address
        self.userAgent = userAgent
    }

    /// A session with all that a request in it needs to know, read at one moment.
    package struct Holder: Sendable, Equatable {
        /// The session.
        package let session: Session
        /// Who is logged in.
        package let account: Account
        /// The tenants of the account in the order of their identifiers, deleted ones left out.
        package let memberships: [Membership]

        /// A holder.
        package init(session: Session, account: Account, memberships: [Membership]) {
            self.session = session
            self.account = account
            self.memberships = memberships
        }
    }
}
