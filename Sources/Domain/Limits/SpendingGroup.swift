/// Requests that spend the same limits, folded into one spend.
struct SpendingGroup {
    private let spending: Spending
    /// The limits in the order of ``LimitPolicy/rates``.
    let allowances: [Allowance]
    private let policies: [LimitPolicy]
    private(set) var count = 1
    /// How far each limit has come; nil before the first decision.
    private var reached: [Int64]?

    init(_ spending: Spending) {
        self.spending = spending
        policies = LimitPolicy.rates.filter { spending[$0] != nil }
        allowances = policies.compactMap { spending[$0] }
    }

    mutating func addOne() {
        count += 1
    }

    /// The spend of all of them.
    var spend: LimitSpend {
        LimitSpend(
            tenant: spending.tenant,
            parts: zip(policies, allowances).map { policy, allowance in
                LimitSpend.Part(
                    subject: allowance.subject, limit: allowance.limit, isShadow: spending.shadow.contains(policy))
            }, count: count)
    }

    /// How far each limit has come, as far as it was decided.
    func arrivals(from standing: LimitStanding) -> [Int64] { reached ?? standing.arrivals }

    /// Decides the next request of the group, given how the limits stood before the first.
    mutating func decide(by standing: LimitStanding) -> LimitVerdict {
        var arrivals = arrivals(from: standing)
        // Given up, so that the array is not copied for each request.
        reached = nil
        let policies = policies
        func place(_ policy: LimitPolicy) -> Int {
            guard let place = policies.firstIndex(of: policy) else { preconditionFailure("a limit of nobody") }
            return place
        }
        let verdict = spending.verdict { policy, allowance in
            let place = place(policy)
            let decision = allowance.limit.spend(arrival: arrivals[place], now: standing.now)
            arrivals[place] = decision.arrival
            return decision
        } refund: { policy, allowance in
            arrivals[place(policy)] -= allowance.limit.interval
        }
        reached = arrivals
        return verdict
    }
}

/// The groups of a batch, in the order of their first requests.
struct SpendingGroups {
    /// What two requests have to have in common; limiters outlive every change of a limit.
    private struct Party: Hashable {
        let tenant: ObjectIdentifier
        let key: ObjectIdentifier?, user: ObjectIdentifier?

        init(_ spending: Spending) {
            tenant = ObjectIdentifier(spending.ofTenant)
            key = spending.ofKey.map { ObjectIdentifier($0.limiter) }
            user = spending.ofUser.map { ObjectIdentifier($0.limiter) }
        }
    }

    var all: [SpendingGroup] = []
    /// The group of each request.
    private(set) var ofRequest: [Int] = []

    init(_ requests: [Spending]) {
        var known: [Party: Int] = [:]
        var latest: Party?
        ofRequest.reserveCapacity(requests.count)
        for request in requests {
            let party = Party(request)
            if party == latest, let last = ofRequest.last {
                all[last].addOne()
                ofRequest.append(last)
            } else if let group = known[party] {
                all[group].addOne()
                ofRequest.append(group)
            } else {
                known[party] = all.count
                ofRequest.append(all.count)
                all.append(SpendingGroup(request))
            }
            latest = party
        }
    }

    var spends: [LimitSpend] { all.map(\.spend) }
}
