/// The rate limits of all nodes together, kept where every node reaches them.
///
/// Methods block for a bounded time; they are called on threads made for that, never on an event loop.
package protocol SharedLimits: Sendable {
    /// Spends of limits, in order, all in one round trip.
    ///
    /// - Returns: for each spend how its limit stood just before; nil where the keeper of the limits did not answer,
    ///   in which case the spend may or may not have reached it.
    func spend(_ spends: [LimitSpend]) -> [LimitStanding?]

    /// Nodes that shared the limits when they were last counted; at least 1.
    var nodes: Int { get }
}

/// Requests of one tenant that spend its limit at once.
package struct LimitSpend: Sendable, Equatable {
    /// Whose limit.
    package let tenant: Tenant.ID
    /// The limit as this node knows it.
    package let limit: RateLimit
    /// How many requests; as many of them as the limit allows will pass.
    package let count: Int

    /// A spend.
    package init(tenant: Tenant.ID, limit: RateLimit, count: Int) {
        self.tenant = tenant
        self.limit = limit
        self.count = count
    }
}

/// How a shared limit stood when a spend reached it.
package struct LimitStanding: Sendable, Equatable {
    /// The keeper's clock in nanoseconds.
    package let now: Int64
    /// The theoretical arrival time by that clock, before the spend; at least `now`.
    package let arrival: Int64

    /// A standing.
    package init(now: Int64, arrival: Int64) {
        self.now = now
        self.arrival = arrival
    }
}
