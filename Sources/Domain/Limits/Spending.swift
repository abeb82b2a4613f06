/// The limits that one request spends together: all of them, or none.
package struct Spending: Sendable {
    /// Whose limits they are.
    package let tenant: Tenant.ID
    /// Those that refuse nothing.
    package let shadow: LimitPolicies
    let ofTenant: Allowance
    let ofKey: Allowance?, ofUser: Allowance?

    /// A request's limits; nil for those that are not set.
    package init(
        tenant: Tenant.ID, ofTenant: Allowance, ofKey: Allowance? = nil, ofUser: Allowance? = nil,
        shadow: LimitPolicies = []
    ) {
        self.tenant = tenant
        self.ofTenant = ofTenant
        self.ofKey = ofKey
        self.ofUser = ofUser
        self.shadow = shadow
    }

    /// The limit of a policy, where there is one.
    package func limit(_ policy: LimitPolicy) -> RateLimit? { self[policy]?.limit }

    subscript(policy: LimitPolicy) -> Allowance? {
        switch policy {
        case .tenant: ofTenant
        case .key: ofKey
        case .user: ofUser
        case .quota: nil
        }
    }

    /// Decides the request by this node's own records at the monotonic time `now`; does not block.
    ///
    /// - Parameters:
    ///   - now: the monotonic clock in nanoseconds.
    ///   - nodes: how many share the limits without being able to ask each other.
    /// - Returns: what becomes of the request.
    package func spend(now: Int64, sharedBy nodes: Int = 1) -> LimitVerdict {
        // Nearly every request has but the tenant's limit.
        if ofKey == nil, ofUser == nil, shadow.isEmpty {
            let limit = nodes == 1 ? ofTenant.limit : ofTenant.limit.share(of: nodes)
            return LimitVerdict(tenant: ofTenant.limiter.spend(limit, now: now))
        }
        return verdict { _, allowance in
            allowance.limiter.spend(allowance.limit.share(of: nodes), now: now)
        } refund: { _, allowance in
            allowance.limiter.refund(allowance.limit.share(of: nodes))
        }
    }

    /// The rule by which several limits decide, wherever they are kept.
    ///
    /// The first that refuses, from the narrowest on, refuses the request, and what the others let through is given
    /// back. Limits that only report come last: of a request that is refused anyway they would report nothing new.
    func verdict(
        spend: (LimitPolicy, Allowance) -> RateLimit.Decision, refund: (LimitPolicy, Allowance) -> Void
    ) -> LimitVerdict {
        var verdict = LimitVerdict()
        for policy in LimitPolicy.rates where !shadow.contains(policy) {
            guard let allowance = self[policy] else { continue }
            let decision = spend(policy, allowance)
            guard decision.isAllowed else {
                for spent in LimitPolicy.rates where verdict[spent] != nil {
                    if let allowance = self[spent] { refund(spent, allowance) }
                }
                return LimitVerdict(refusedBy: policy, decision)
            }
            verdict[policy] = decision
        }
        for policy in LimitPolicy.rates where shadow.contains(policy) {
            guard let allowance = self[policy] else { continue }
            if !spend(policy, allowance).isAllowed { verdict.shadowed.insert(LimitPolicies(policy)) }
        }
        return verdict
    }
}
