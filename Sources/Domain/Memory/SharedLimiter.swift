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
        let standings = limits.spend(groups.spends)
        precondition(standings.count == groups.spends.count, "a standing for every spend")
        groups.arrivals = standings.map { $0?.arrival ?? 0 }
        let decisions = zip(requests, groups.ofRequest).map { request, group in
            guard let standing = standings[group] else { return decideAlone(request) }
            let decision = request.limit.spend(arrival: groups.arrivals[group], now: standing.now)
            groups.arrivals[group] = decision.arrival
            return decision
        }
        follow(standings, groups)
        return decisions
    }

    /// Decides a request by this node's share; does not block.
    package func decideAlone(_ request: Allowance) -> RateLimit.Decision {
        alone.add(1, ordering: .relaxed)
        return request.limiter.spend(request.limit.share(of: limits.nodes), now: world.monotonicNanoseconds())
    }

    private func follow(_ standings: [LimitStanding?], _ groups: Groups) {
        let now = world.monotonicNanoseconds()
        for (index, standing) in standings.enumerated() {
            guard let standing else { continue }
            groups.limiters[index].follow(ahead: groups.arrivals[index] - standing.now, now: now)
            shared.add(Int64(groups.spends[index].count), ordering: .relaxed)
        }
    }
}

/// What a request may spend: its tenant's limit, and this node's own record of it.
package struct Allowance: Sendable {
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

extension TenantState {
    /// What its requests may spend.
    package var allowance: Allowance { Allowance(tenant: tenant.id, limit: limit, limiter: limiter) }
}

/// Requests that spend one limit, folded into one spend.
private struct Groups {
    private(set) var spends: [LimitSpend] = []
    private(set) var limiters: [RateLimiter] = []
    /// The group of each request.
    private(set) var ofRequest: [Int] = []
    /// How far each limit has come.
    var arrivals: [Int64] = []

    init(_ requests: [Allowance]) {
        var counts: [Int] = []
        var firsts: [Int] = []
        var known: [ObjectIdentifier: Int] = [:]
        ofRequest.reserveCapacity(requests.count)
        for (index, request) in requests.enumerated() {
            // A limit that was just changed is another limit, whose requests come after.
            if let group = known[ObjectIdentifier(request.limiter)], requests[firsts[group]].limit == request.limit {
                counts[group] += 1
                ofRequest.append(group)
                continue
            }
            known[ObjectIdentifier(request.limiter)] = counts.count
            ofRequest.append(counts.count)
            counts.append(1)
            firsts.append(index)
        }
        limiters = firsts.map { requests[$0].limiter }
        spends = zip(firsts, counts).map { first, count in
            LimitSpend(tenant: requests[first].tenant, limit: requests[first].limit, count: count)
        }
    }
}
