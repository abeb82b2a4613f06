internal import Synchronization

/// Decides requests under limits that all nodes share, and by this node's share of them while nobody can be asked.
///
/// It never lets everybody through and never refuses everybody: without the keeper of the limits each node goes on
/// with rate and burst divided by the nodes there were.
package final class SharedLimiter: Sendable {
    private let limits: any SharedLimits
    private let world: World
    private let shared = Atomic<Int64>(0), alone = Atomic<Int64>(0)

    /// A limiter that has decided nothing yet.
    package init(limits: any SharedLimits, world: World) {
        self.limits = limits
        self.world = world
    }

    /// Requests decided since the start: under the shared limits, and by this node's share.
    package var counts: (shared: Int64, alone: Int64) {
        (shared.load(ordering: .relaxed), alone.load(ordering: .relaxed))
    }

    /// Decides requests in their order, those of one tenant together; blocks for one round trip.
    package func decide(_ requests: [Allowance]) -> [RateLimit.Decision] {
        var groups = Groups(requests)
        let spends = groups.spends
        let standings = limits.spend(spends)
        precondition(standings.count == spends.count, "a standing for every spend")
        groups.arrivals = standings.map { $0?.arrival ?? 0 }
        let decisions = zip(requests, groups.ofRequest).map { request, group in
            guard let standing = standings[group] else { return decideAlone(request) }
            let decision = request.limit.spend(arrival: groups.arrivals[group], now: standing.now)
            groups.arrivals[group] = decision.arrival
            return decision
        }
        follow(standings, spends, groups)
        return decisions
    }

    /// Decides a request by this node's share; does not block.
    package func decideAlone(_ request: Allowance) -> RateLimit.Decision {
        alone.add(1, ordering: .relaxed)
        return request.limiter.spend(request.limit.share(of: limits.nodes), now: world.monotonicNanoseconds())
    }

    private func follow(_ standings: [LimitStanding?], _ spends: [LimitSpend], _ groups: Groups) {
        let now = world.monotonicNanoseconds()
        for (index, standing) in standings.enumerated() {
            guard let standing else { continue }
            groups.allowances[index].limiter.follow(ahead: groups.arrivals[index] - standing.now, now: now)
            shared.add(Int64(spends[index].count), ordering: .relaxed)
        }
    }
}

/// What the requests of a tenant may spend: its limit as it is set, and this node's own record of it.
///
/// A class, since every request is handed on with it.
package final class Allowance: Sendable {
    let tenant: Tenant.ID
    let limit: RateLimit
    let limiter: RateLimiter

    /// An allowance.
    package init(tenant: Tenant.ID, limit: RateLimit, limiter: RateLimiter) {
        self.tenant = tenant
        self.limit = limit
        self.limiter = limiter
    }
}

/// Requests that spend one limit, folded into one spend.
private struct Groups {
    private(set) var allowances: [Allowance] = []
    private var counts: [Int] = []
    /// The group of each request.
    private(set) var ofRequest: [Int] = []
    /// How far each limit has come.
    var arrivals: [Int64] = []

    init(_ requests: [Allowance]) {
        var known: [ObjectIdentifier: Int] = [:]
        ofRequest.reserveCapacity(requests.count)
        for request in requests {
            if let last = ofRequest.last, allowances[last] === request {
                counts[last] += 1
                ofRequest.append(last)
            } else if let group = known[ObjectIdentifier(request)] {
                counts[group] += 1
                ofRequest.append(group)
            } else {
                known[ObjectIdentifier(request)] = counts.count
                ofRequest.append(counts.count)
                allowances.append(request)
                counts.append(1)
            }
        }
    }

    var spends: [LimitSpend] {
        zip(allowances, counts).map { LimitSpend(tenant: $0.tenant, limit: $0.limit, count: $1) }
    }
}
