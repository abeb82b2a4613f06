/// What a tenant has used, and what is left to it.
package struct ReadUsage: Sendable {
    private let storage: any Storage
    private let world: World

    /// The most days that can be asked for at once.
    package static let mostDays = 366
    /// How many days are told of where none were asked for.
    private static let usualDays = 30

    /// The use case over a database.
    package init(storage: any Storage, world: World) {
        self.storage = storage
        self.world = world
    }

    /// Days in a row, both included.
    package struct Span: Sendable, Equatable {
        /// The first day and the last.
        package let first: Day, last: Day
    }

    /// What a tenant has of its month.
    package struct Month: Sendable {
        /// The tenant, whose plan and limits are in force.
        package let tenant: Tenant
        /// Pairs issued this month.
        package let used: Int64
        /// When the next month begins.
        package let resetsAt: Timestamp

        /// Pairs that are left; 0 where more were issued than the quota has.
        package var remaining: Int64 { max(0, tenant.quota - used) }
    }

    /// What the tenant has of the current calendar month (UTC); `missing` where there is no such tenant.
    package func month(of tenant: Tenant.ID) throws(ManagementFailure) -> Month {
        let now = world.now()
        return try ManagementFailure.telling(of: "tenant \(tenant)") { () throws(StoreFailure) in
            guard let row = try storage.tenant(tenant) else { throw .missing }
            return Month(
                tenant: row.tenant, used: try storage.issuedPairs(tenant, in: Domain.Month(of: now)),
                resetsAt: Timestamp(seconds: now.seconds + Domain.Month.secondsLeft(at: now)))
        }
    }

    /// The days that are meant; `invalid` where they run backwards or are too many.
    ///
    /// - Parameters:
    ///   - first: nil: as many days before the last as are usual.
    ///   - last: nil: today.
    /// - Returns: the days.
    /// - Throws: `invalid`, naming `from`.
    package func span(from first: Day?, to last: Day?) throws(ManagementFailure) -> Span {
        let last = last ?? Day(of: world.now())
        let first = first ?? last.adding(days: 1 - Self.usualDays)
        guard first <= last else { throw .invalid([Failure.Field("from", "must not be after to")]) }
        guard last.sinceEpoch - first.sinceEpoch < Self.mostDays else {
            throw .invalid([Failure.Field("from", "must be at most \(Self.mostDays) days before to, both counted")])
        }
        return Span(first: first, last: last)
    }

    /// What the tenant used on these days; `missing` where there is no such tenant.
    package func counts(
        of tenant: Tenant.ID, in span: Span, by grouping: UsageGrouping
    ) throws(ManagementFailure) -> [UsageCount] {
        try ManagementFailure.telling(of: "tenant \(tenant)") { () throws(StoreFailure) in
            guard try storage.tenant(tenant) != nil else { throw .missing }
            return try storage.usage(of: tenant, from: span.first, through: span.last, by: grouping)
        }
    }

    /// What the tenant's limits that only report would have refused on these days, and which of them only report now.
    package func shadow(
        of tenant: Tenant.ID, in span: Span
    ) throws(ManagementFailure) -> (policies: LimitPolicies, counts: [UsageCount]) {
        let counts = try counts(of: tenant, in: span, by: .day).filter { $0.kind == .shadow }
        return (try month(of: tenant).tenant.shadow, counts)
    }
}
