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

    /// Decides requests, those that spend the same limits together; blocks for one round trip.
    package func decide(_ requests: [Spending]) -> [LimitVerdict] {
        var groups = SpendingGroups(requests)
        let standings = limits.spend(groups.spends)
        precondition(standings.count == groups.all.count, "a standing for every spend")
        let verdicts = requests.indices.map { index in
            let group = groups.ofRequest[index]
            guard let standing = standings[group] else { return decideAlone(requests[index]) }
            return groups.all[group].decide(by: standing)
        }
        follow(standings, groups)
        return verdicts
    }

    /// Decides a request by this node's share; does not block.
    package func decideAlone(_ request: Spending) -> LimitVerdict {
        alone.add(1, ordering: .relaxed)
        return request.spend(now: world.monotonicNanoseconds(), sharedBy: limits.nodes)
    }

    /// Has this node's own records follow, group by group: the last to spend a limit knows best where it stands.
    private func follow(_ standings: [LimitStanding?], _ groups: SpendingGroups) {
        let now = world.monotonicNanoseconds()
        for (standing, group) in zip(standings, groups.all) {
            guard let standing else { continue }
            for (allowance, arrival) in zip(group.allowances, group.arrivals(from: standing)) {
                allowance.limiter.follow(ahead: arrival - standing.now, now: now)
            }
            shared.add(Int64(group.count), ordering: .relaxed)
        }
    }
}
