/// What tenants have used, day by day.
///
/// Pairs are counted by ``Storage/issue(_:)`` in the transaction that issues them; everything else is handed in.
package protocol UsageStorage: Sendable {
    /// Adds to what was counted on the day; tenants that do not exist are left out.
    func add(_ counts: [EventCount], on day: Day) throws(StoreFailure)
    /// What the tenant has used on these days, both included, added up over whatever `grouping` does not tell apart.
    ///
    /// Ordered by day and key; nothing is returned for what was never used.
    func usage(
        of tenant: Tenant.ID, from first: Day, through last: Day, by grouping: UsageGrouping
    ) throws(StoreFailure) -> [UsageCount]
    /// Removes what was counted on days before this one, of all tenants; what months count against quotas stays.
    ///
    /// - Parameters:
    ///   - day: the first day that stays.
    ///   - dryRun: only tell.
    /// - Returns: how many rows were, or would be, removed.
    /// - Throws: what the database does.
    func pruneUsage(before day: Day, dryRun: Bool) throws(StoreFailure) -> Int64
}

/// How often something happened to a tenant, and by which of its keys.
package struct EventCount: Sendable, Equatable {
    /// Whose.
    package let tenant: Tenant.ID
    /// The tenant's key; nil: one of the operator's.
    package let key: APIKey.ID?
    /// What happened.
    package let event: UsageEvent
    /// How often.
    package let count: Int64

    /// A count.
    package init(tenant: Tenant.ID, key: APIKey.ID?, event: UsageEvent, count: Int64) {
        self.tenant = tenant
        self.key = key
        self.event = event
        self.count = count
    }
}

/// What counts of a tenant's usage are told apart by.
package struct UsageGrouping: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// By day (UTC).
    package static let day = UsageGrouping(rawValue: 1)
    /// By API key.
    package static let key = UsageGrouping(rawValue: 2)
}

/// One count of a tenant's usage.
package struct UsageCount: Sendable, Equatable {
    /// The day; nil where days are not told apart.
    package let day: Day?
    /// The key; nil where keys are not told apart, or the key was the operator's, or it was no key's doing.
    package let key: APIKey.ID?
    /// What was counted.
    package let kind: UsageKind
    /// The code of what was counted; empty for pairs.
    package let code: String
    /// How often.
    package let count: Int64

    /// A count.
    package init(day: Day?, key: APIKey.ID?, kind: UsageKind, code: String, count: Int64) {
        self.day = day
        self.key = key
        self.kind = kind
        self.code = code
        self.count = count
    }
}
