/// A customer of the operator: an application whose users are issued tokens.
package struct Tenant: Sendable, Equatable {
    /// The name of a tenant in URLs, tokens and tables: 1 to 63 of `a`–`z`, `0`–`9` and inner hyphens.
    package struct ID: Sendable, Hashable, CustomStringConvertible {
        /// The identifier as text.
        package let text: String

        /// The identifier, or nil where the text breaks the rules above.
        package init?(_ text: String) {
            let bytes = text.utf8
            guard (1...63).contains(bytes.count), bytes.first != UInt8(ascii: "-"), bytes.last != UInt8(ascii: "-"),
                bytes.allSatisfy({ byte in
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
                })
            else { return nil }
            self.text = text
        }

        package var description: String { text }
    }

    /// Whether tokens are issued and honoured.
    package enum Status: String, Sendable, CaseIterable {
        case active, suspended
        /// For good: refused everywhere as if it had never been; its identifier is not given to another.
        case deleted
    }

    /// Limits of this tenant that replace those of its plan; nil means the plan's.
    package struct Overrides: Sendable, Equatable {
        /// Sustained requests a second.
        package var rate: Int?
        /// Requests that may come at once.
        package var burst: Int?
        /// Token pairs a calendar month.
        package var quota: Int64?

        /// Overrides of nothing unless given.
        package init(rate: Int? = nil, burst: Int? = nil, quota: Int64? = nil) {
            self.rate = rate
            self.burst = burst
            self.quota = quota
        }
    }

    /// The longest token life and the default, in seconds (24 hours).
    package static let longestTokenLife = 86_400
    /// The shortest token life that may be asked for, in seconds.
    package static let shortestTokenLife = 60

    /// The immutable name.
    package let id: ID
    /// What people call it, at most 255 characters.
    package var name: String
    /// Whether it is served.
    package var status: Status
    /// The plan that sets its limits, as it was when the tenant was read.
    package var plan: Plan
    /// Its own limits, where they differ from the plan's.
    package var overrides: Overrides
    /// Seconds a token lives at most, and by default.
    package var tokenLife: Int
    /// Members of a user's custom metadata that go into both tokens under `custom`.
    package var tokenClaims: [String]
    /// The XMPP domain for the `jid` claim of wsTokens; nil: no such claim.
    package var xmppHost: String?
    /// How many pairs each of its users may have, where the plan does not allow less; nil: what the plan says.
    package var userRate: UserRate?
    /// Limits that refuse nothing and only count what they would have refused.
    package var shadow: LimitPolicies
    /// When it was created.
    package let createdAt: Timestamp

    /// A tenant with the given settings; `status` starts active.
    package init(
        id: ID, name: String, status: Status = .active, plan: Plan = .free, overrides: Overrides = Overrides(),
        tokenLife: Int = Tenant.longestTokenLife, tokenClaims: [String] = [], xmppHost: String? = nil,
        userRate: UserRate? = nil, shadow: LimitPolicies = [], createdAt: Timestamp
    ) {
        self.id = id
        self.name = name
        self.status = status
        self.plan = plan
        self.overrides = overrides
        self.tokenLife = tokenLife
        self.tokenClaims = tokenClaims
        self.xmppHost = xmppHost
        self.userRate = userRate
        self.shadow = shadow
        self.createdAt = createdAt
    }

    /// The rate limit in force: the tenant's own where set, else the plan's.
    package var rateLimit: RateLimit {
        RateLimit(rate: overrides.rate ?? plan.rate, burst: overrides.burst ?? plan.burst)
    }

    /// Token pairs a calendar month in force: the tenant's own where set, else the plan's.
    package var quota: Int64 {
        overrides.quota ?? plan.quota
    }

    /// What each user is held to: the plan's limit, and the tenant's own where it is narrower; nil: no limit.
    package var userLimit: RateLimit? {
        .narrower(userRate?.limit, plan.userRate?.limit)
    }
}
