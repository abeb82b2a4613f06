/// Says that no token of a tenant is valid that matches a subject and whose grant was born before a cut-off.
package struct Revocation: Sendable, Equatable {
    /// The name of a revocation: `rev_` and its place in the log.
    package struct ID: Sendable, Hashable, CustomStringConvertible {
        /// The place in the log.
        package let sequence: Int64

        /// The name of the revocation at this place.
        package init(_ sequence: Int64) {
            self.sequence = sequence
        }

        /// The identifier in its text form, or nil where it is none.
        package init?(_ text: String) {
            guard text.hasPrefix("rev_"), let sequence = Int64(text.dropFirst(4)), sequence > 0,
                text == "rev_\(sequence)"
            else { return nil }
            self.sequence = sequence
        }

        package var description: String { "rev_\(sequence)" }
    }

    /// Seconds after its making for which tokens live that a revocation may match, with room for clocks that differ.
    package static let life = Int64(Tenant.longestTokenLife) + 300
    /// Seconds for which a dead revocation stays in the database: as long as a grant may be refreshed (30 days).
    package static let retention: Int64 = 2_592_000
    /// The longest reason in characters.
    package static let longestReason = 255

    /// The place in the log: grows over all tenants, with gaps, and is below 2^53.
    package let sequence: Int64
    /// Whose tokens.
    package let tenant: Tenant.ID
    /// Which of them.
    package let subject: Subject
    /// Grants born before this moment are void.
    package let cutoff: Timestamp
    /// What was said about it; may be empty.
    package let reason: String
    /// Who did it, as the audit log names him.
    package let by: String
    /// When it was made, and when no token is alive any more that it could match.
    package let createdAt: Timestamp, expiresAt: Timestamp

    /// A revocation with the given fields.
    package init(
        sequence: Int64, tenant: Tenant.ID, subject: Subject, cutoff: Timestamp, reason: String, by: String,
        createdAt: Timestamp, expiresAt: Timestamp
    ) {
        self.sequence = sequence
        self.tenant = tenant
        self.subject = subject
        self.cutoff = cutoff
        self.reason = reason
        self.by = by
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }

    /// Its name.
    package var id: ID { ID(sequence) }
}

extension Revocation {
    /// What the tokens have in common that are revoked.
    package enum Subject: Sendable, Hashable {
        case grant(Grant.ID)
        case user(User.ID)
        /// A user who was deactivated or erased: for the feed alone.
        case userHash(UserReference)
        case apiKey(APIKey.ID)
        /// The `kid` of a signing key.
        case signingKey(String)
        case label(Label)
        /// Every token of the tenant.
        case tenant
    }

    /// The sorts of subjects; the names are those of tables and of the feed.
    package enum Kind: String, Sendable, CaseIterable {
        case grant, user
        case userHash = "user_hash"
        case apiKey = "api_key"
        case signingKey = "signing_key"
        case label, tenant
    }
}

extension Revocation.Subject {
    /// The sort of subject.
    package var kind: Revocation.Kind {
        switch self {
        case .grant: .grant
        case .user: .user
        case .userHash: .userHash
        case .apiKey: .apiKey
        case .signingKey: .signingKey
        case .label: .label
        case .tenant: .tenant
        }
    }

    /// The identifier; empty for a whole tenant.
    package var text: String {
        switch self {
        case .grant(let id): id.description
        case .user(let id): id.text
        case .userHash(let reference): reference.text
        case .apiKey(let id): id.text
        case .signingKey(let kid): kid
        case .label(let label): label.text
        case .tenant: ""
        }
    }

    /// The subject as it is stored, or nil where the text is no identifier of that kind.
    package init?(_ kind: Revocation.Kind, _ text: String) {
        let subject: Self? =
            switch kind {
            case .grant: Grant.ID(text.utf8.span).map(Self.grant)
            case .user: User.ID(text).map(Self.user)
            case .userHash: UserReference(text).map(Self.userHash)
            case .apiKey: APIKey.ID(text).map(Self.apiKey)
            case .signingKey: (1...128).contains(text.utf8.count) ? .signingKey(text) : nil
            case .label: Label(text).map(Self.label)
            case .tenant: text.isEmpty ? .tenant : nil
            }
        guard let subject else { return nil }
        self = subject
    }
}
