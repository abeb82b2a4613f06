/// A named set of limits that tenants share; the operator makes and changes them.
package struct Plan: Sendable, Equatable {
    /// The name of a plan in requests and tables, by the rules of a tenant's: 1 to 63 of `a`–`z`, `0`–`9` and inner
    /// hyphens.
    package struct ID: Sendable, Hashable, CustomStringConvertible {
        /// The identifier as text.
        package let text: String

        /// The identifier, or nil where the text breaks the rules above.
        package init?(_ text: String) {
            guard Tenant.ID(text) != nil else { return nil }
            self.text = text
        }

        private init(known text: String) {
            self.text = text
        }

        package var description: String { text }

        /// The plan of tenants for which none was named.
        package static let free = ID(known: "free")
        /// The other plans that every database begins with.
        package static let pro = ID(known: "pro"), enterprise = ID(known: "enterprise")
    }

    /// The immutable name.
    package let id: ID
    /// What people call it, at most 255 characters.
    package var name: String
    /// Sustained requests a second to `POST /tokens`.
    package var rate: Int
    /// Requests to `POST /tokens` that may come at once.
    package var burst: Int
    /// Token pairs a calendar month (UTC).
    package var quota: Int64
    /// The most that each API key may make; nil: no limit by key but its own.
    package var keyRate: RateLimit?
    /// The most pairs that each user may have, whatever the tenant says; nil: no limit by user but the tenant's own.
    package var userRate: UserRate?
    /// When it was made; nil: it came with the program.
    package let createdAt: Timestamp?

    /// A plan with the given limits.
    package init(
        id: ID, name: String, rate: Int, burst: Int, quota: Int64, keyRate: RateLimit? = nil,
        userRate: UserRate? = nil, createdAt: Timestamp? = nil
    ) {
        self.id = id
        self.name = name
        self.rate = rate
        self.burst = burst
        self.quota = quota
        self.keyRate = keyRate
        self.userRate = userRate
        self.createdAt = createdAt
    }
}

extension Plan {
    /// The plan `free` as every database has it at first.
    package static let free = Plan(id: .free, name: "Free", rate: 10, burst: 50, quota: 10_000)
    /// The plan `pro` as every database has it at first.
    package static let pro = Plan(id: .pro, name: "Pro", rate: 100, burst: 500, quota: 100_000)
    /// The plan `enterprise` as every database has it at first.
    package static let enterprise = Plan(
        id: .enterprise, name: "Enterprise", rate: 1_000, burst: 5_000, quota: 1_000_000)
}
