import Domain

extension LimitSpend {
    /// A spend of the tenant's limit alone.
    init(tenant: Tenant.ID, limit: RateLimit, count: Int) {
        self.init(tenant: tenant, parts: [Part(limit: limit)], count: count)
    }
}

extension LimitStanding {
    /// How the tenant's limit stood alone.
    init(now: Int64, arrival: Int64) {
        self.init(now: now, arrivals: [arrival])
    }

    /// How the first limit stood.
    var arrival: Int64 { arrivals[0] }
}
