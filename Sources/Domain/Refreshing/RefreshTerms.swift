/// How long the refresh tokens of a grant work, in seconds.
package struct RefreshLife: Sendable, Equatable {
    /// From the grant's birth, however often it is refreshed.
    package let absolute: Int64
    /// From the last refresh.
    package let idle: Int64

    /// The longest of both: revocations are remembered a day longer.
    package static let longest: Int64 = 30 * 86_400

    /// 30 days, and 7 days without use, unless given.
    package init(absolute: Int64 = RefreshLife.longest, idle: Int64 = 7 * 86_400) {
        self.absolute = absolute
        self.idle = idle
    }

    /// When the grant's newest refresh token ends if it is not used.
    package func end(of grant: Grant.ID, at moment: Timestamp) -> Timestamp {
        min(grant.birth.adding(seconds: absolute), moment.adding(seconds: idle))
    }
}

/// What is stored of a grant that can be refreshed: from it new tokens are made.
package struct RefreshTerms: Sendable, Equatable {
    /// The user.
    package let user: User.ID
    /// The API key that asked for the grant.
    package let apiKey: APIKey.ID
    /// Seconds that the tokens of each pair live.
    package let life: Int64
    /// Centrifugo channels as a compact JSON array; nil: none.
    package let channels: [UInt8]?
    /// What the grant is for; nil: nothing in particular.
    package let label: Label?

    /// Terms with the given fields.
    package init(user: User.ID, apiKey: APIKey.ID, life: Int64, channels: [UInt8]?, label: Label? = nil) {
        self.user = user
        self.apiKey = apiKey
        self.life = life
        self.channels = channels
        self.label = label
    }
}

/// A grant as `POST /tokens` stores it to be refreshed.
package struct RefreshableGrant: Sendable {
    /// Whose it is.
    package let tenant: Tenant.ID
    /// The grant.
    package let id: Grant.ID
    /// What its pairs are made from.
    package let terms: RefreshTerms
    /// When it can no longer be refreshed unless it was before.
    package let endsAt: Timestamp

    /// A grant with the given fields.
    package init(tenant: Tenant.ID, id: Grant.ID, terms: RefreshTerms, endsAt: Timestamp) {
        self.tenant = tenant
        self.id = id
        self.terms = terms
        self.endsAt = endsAt
    }
}
