internal import Domain
internal import GRDB

/// Counts the pairs of a batch against quotas: each tenant's month is read once and written once.
struct MonthTally {
    private struct Key: Hashable {
        let tenant: Tenant.ID
        let month: Month
    }

    private struct Count {
        let key: Key
        let stored: Int64
        var pairs: Int64
        /// The day of the last pair.
        var day: Day
        /// The quota that only counts; nil: it refuses.
        var shadowQuota: Int64?

        /// Pairs of this batch beyond a quota that only counts.
        var beyond: Int64 { shadowQuota.map { max(0, pairs - max(stored, $0)) } ?? 0 }
    }

    private let find: RawStatement, put: RawStatement, putBeyond: RawStatement
    private var counts: [Count] = []
    private var places: [Key: Int] = [:]
    private var latest = 0

    init(_ db: Database) throws(StoreFailure) {
        find = try RawStatement(db, "SELECT pairs FROM issued_month WHERE tenant_id = ?1 AND month = ?2")
        put = try RawStatement(
            db,
            """
            INSERT INTO issued_month (tenant_id, month, pairs) VALUES (?1, ?2, ?3)
            ON CONFLICT (tenant_id, month) DO UPDATE SET pairs = excluded.pairs
            """)
        putBeyond = try RawStatement(
            db,
            """
            INSERT INTO day_count (tenant_id, day, api_key_id, kind, code, count)
            VALUES (?1, ?2, '', 'shadow', 'quota', ?3)
            ON CONFLICT (tenant_id, day, api_key_id, kind, code) DO UPDATE SET count = count + excluded.count
            """)
    }

    /// Counts one pair; false, and nothing is counted, where the quota is used up.
    mutating func count(_ command: IssueCommand) throws(StoreFailure) -> Bool {
        try count(command.tenant, command.month, command.day, command.quotas)
    }

    /// Counts one pair of a tenant; false, and nothing is counted, where the quota is used up.
    mutating func count(
        _ tenant: Tenant.ID, _ month: Month, _ day: Day, _ quotas: (enforced: Int64, shadowed: Int64?)
    ) throws(StoreFailure) -> Bool {
        let place = try place(of: Key(tenant: tenant, month: month), day: day)
        guard counts[place].pairs < quotas.enforced else { return false }
        counts[place].pairs += 1
        counts[place].day = day
        counts[place].shadowQuota = quotas.shadowed
        return true
    }

    /// Writes the counts that grew.
    func write() throws(StoreFailure) {
        for count in counts where count.pairs != count.stored {
            try put.bind(2, Int64(count.key.month.number))
            try put.bind(3, count.pairs)
            try put.bind(1, copying: count.key.tenant.text)
            try put.changeOne()
            if count.beyond > 0 {
                try putBeyond.bind(1, copying: count.key.tenant.text)
                try putBeyond.bind(2, Int64(count.day.number))
                try putBeyond.bind(3, count.beyond)
                try putBeyond.changeOne()
            }
        }
    }

    private mutating func place(of key: Key, day: Day) throws(StoreFailure) -> Int {
        // Most batches are of one tenant: its text need not be hashed each time.
        if latest < counts.count, counts[latest].key == key { return latest }
        if let place = places[key] {
            latest = place
            return place
        }
        let stored = try read(key)
        latest = counts.count
        places[key] = latest
        counts.append(Count(key: key, stored: stored, pairs: stored, day: day))
        return latest
    }

    private func read(_ key: Key) throws(StoreFailure) -> Int64 {
        try find.bind(1, copying: key.tenant.text)
        try find.bind(2, Int64(key.month.number))
        defer { find.reset() }
        return try find.step() ? find.integer(0) : 0
    }
}
