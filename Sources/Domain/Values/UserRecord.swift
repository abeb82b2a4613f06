/// A user with what only management shows.
package struct UserRecord: Sendable, Equatable {
    /// The profile.
    package let user: User
    /// When the user was first stored, and when the profile or the status changed last.
    package let createdAt: Timestamp, updatedAt: Timestamp
    /// Since when the user gets no tokens; nil: the user is active.
    package let deactivatedAt: Timestamp?

    /// A record with the given fields.
    package init(user: User, createdAt: Timestamp, updatedAt: Timestamp, deactivatedAt: Timestamp?) {
        self.user = user
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.deactivatedAt = deactivatedAt
    }

    /// Whether the user gets tokens.
    package var status: User.Status { deactivatedAt == nil ? .active : .deactivated }
}

extension User {
    /// Whether a user gets tokens.
    package enum Status: String, Sendable, CaseIterable {
        case active
        /// Gets no tokens, and those that it has are refused.
        case deactivated
    }
}
