/// The rate limits of all nodes together, kept where every node reaches them.
///
/// Methods block for a bounded time; they are called on threads made for that, never on an event loop.
package protocol SharedLimits: Sendable {
    /// Spends of limits, in order, all in one round trip.
    ///
    /// - Returns: for each spend how its limits stood just before; nil where the keeper of the limits did not answer,
    ///   in which case the spend may or may not have reached it.
    func spend(_ spends: [LimitSpend]) -> [LimitStanding?]

    /// Nodes that shared the limits when they were last counted; at least 1.
    var nodes: Int { get }
}

/// Requests of one tenant that spend the same limits at once, each all of them or none.
package struct LimitSpend: Sendable, Equatable {
    /// One limit of a spend.
    package struct Part: Sendable, Equatable {
        /// Whom the limit counts by.
        package let subject: Allowance.Subject
        /// The limit as this node knows it.
        package let limit: RateLimit
        /// Whether it refuses nothing: spent as far as it goes, by requests that the others let pass.
        package let isShadow: Bool

        /// A limit of a spend.
        package init(subject: Allowance.Subject = .tenant, limit: RateLimit, isShadow: Bool = false) {
            self.subject = subject
            self.limit = limit
            self.isShadow = isShadow
        }
    }

    /// Whose limits.
    package let tenant: Tenant.ID
    /// The limits; at least one.
    package let parts: [Part]
    /// How many requests; as many of them as every limit allows will pass.
    package let count: Int

    /// A spend.
    package init(tenant: Tenant.ID, parts: [Part], count: Int) {
        self.tenant = tenant
        self.parts = parts
        self.count = count
    }
}

/// How shared limits stood when a spend reached them.
package struct LimitStanding: Sendable, Equatable {
    /// The keeper's clock in nanoseconds.
    package let now: Int64
    /// The theoretical arrival time of each limit by that clock, before the spend; at least `now`.
    package let arrivals: [Int64]

    /// A standing.
    package init(now: Int64, arrivals: [Int64]) {
        self.now = now
        self.arrivals = arrivals
    }
}
