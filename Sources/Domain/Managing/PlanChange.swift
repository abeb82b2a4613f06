/// What an operator changes of a plan; a member that is nil or `keep` stays as it is.
package struct PlanChange: Sendable, Equatable {
    /// What people call it, 1 to 255 characters.
    package var name: String?
    /// Requests a second, and requests at once, each 1 to ``TenantChange/largestRate``.
    package var rate: Int?, burst: Int?
    /// Token pairs a calendar month, 0 or more.
    package var quota: Int64?
    /// What each API key may make, rate and burst like those above; cleared: no limit by key.
    package var keyRate: FieldChange<RateLimit> = .keep
    /// How many pairs each user may have; cleared: no limit by user.
    package var userRate: FieldChange<UserRate> = .keep

    /// A change of nothing.
    package init() {}

    /// The plan after the change; throws `invalid` with a complaint for every field that breaks its rule.
    package func applied(to plan: Plan) throws(ManagementFailure) -> Plan {
        let complaints = complaints
        guard complaints.isEmpty else { throw .invalid(complaints) }
        var changed = plan
        changed.name = name ?? plan.name
        changed.rate = rate ?? plan.rate
        changed.burst = burst ?? plan.burst
        changed.quota = quota ?? plan.quota
        changed.keyRate = keyRate.applied(to: plan.keyRate)
        changed.userRate = userRate.applied(to: plan.userRate)
        return changed
    }

    private var complaints: [Failure.Field] {
        var complaints: [Failure.Field] = []
        if let name, !DisplayName.isFit(name) { complaints.append(Failure.Field("name", DisplayName.rule)) }
        var rates = [("rate", rate), ("burst", burst)]
        if case .set(let limit) = keyRate { rates += [("keyRate.rate", limit.rate), ("keyRate.burst", limit.burst)] }
        for (field, value) in rates {
            guard let value, !(1...TenantChange.largestRate).contains(value) else { continue }
            complaints.append(Failure.Field(field, TenantChange.rateRule))
        }
        if let quota, quota < 0 { complaints.append(Failure.Field("quota", "must be 0 or more")) }
        return complaints
    }
}
