/// Whom a limit of `POST /tokens` counts by; the raw values are the names of the policies in answers and settings.
package enum LimitPolicy: String, Sendable, CaseIterable {
    case tenant, key, user
    /// Token pairs of the tenant in the calendar month.
    case quota

    /// Those that limit a rate, the narrowest first: a request that is refused for one user spends nothing of what
    /// all users share.
    static let rates: [LimitPolicy] = [.user, .key, .tenant]
    /// The same, the widest first.
    package static let widestFirst: [LimitPolicy] = [.tenant, .key, .user]
}

/// Several policies.
package struct LimitPolicies: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The policies by tenant and by key, each alone.
    package static let tenant = LimitPolicies(.tenant), key = LimitPolicies(.key)
    /// The policies by user and by month, each alone.
    package static let user = LimitPolicies(.user), quota = LimitPolicies(.quota)
    /// What a tenant may set by itself: the other limits are those that its operator holds it to.
    package static let ofTenants: LimitPolicies = [.key, .user]

    /// One policy as a set.
    package init(_ policy: LimitPolicy) {
        switch policy {
        case .tenant: self.init(rawValue: 1)
        case .key: self.init(rawValue: 2)
        case .user: self.init(rawValue: 4)
        case .quota: self.init(rawValue: 8)
        }
    }

    /// The set of the named policies, or nil where a name is unknown.
    package init?(names: some Sequence<some StringProtocol>) {
        self = []
        for name in names {
            guard let policy = LimitPolicy(rawValue: String(name)) else { return nil }
            insert(LimitPolicies(policy))
        }
    }

    /// Whether the policy is among them.
    package func contains(_ policy: LimitPolicy) -> Bool { contains(LimitPolicies(policy)) }

    /// The policies in this set, in the order of ``LimitPolicy``.
    package var all: [LimitPolicy] { LimitPolicy.allCases.filter(contains) }
    /// Their names.
    package var names: [String] { all.map(\.rawValue) }
}
