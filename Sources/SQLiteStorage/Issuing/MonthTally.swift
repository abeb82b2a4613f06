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
    }

    private let find: RawStatement, put: RawStatement
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
    }

    /// Counts one pair; false, and nothing is counted, where the quota is used up.
    mutating func count(_ tenant: Tenant.ID, _ month: Month, quota: Int64) throws(StoreFailure) -> Bool {
        let place = try place(of: Key(tenant: tenant, month: month))
        guard counts[place].pairs < quota else { return false }
        counts[place].pairs += 1
        return true
    }

    /// Writes the counts that grew.
    func write() throws(StoreFailure) {
        for count in counts where count.pairs != count.stored {
            try put.bind(2, Int64(count.key.month.number))
            try put.bind(3, count.pairs)
            try put.bind(1, copying: count.key.tenant.text)
            try put.changeOne()
        }
    }

    private mutating func place(of key: Key) throws(StoreFailure) -> Int {
        // Most batches are of one tenant: its text need not be hashed each time.
        if latest < counts.count, counts[latest].key == key { return latest }
        if let place = places[key] {
            latest = place
            return place
        }
        let stored = try read(key)
        latest = counts.count
        places[key] = latest
        counts.append(Count(key: key, stored: stored, pairs: stored))
        return latest
    }

    private func read(_ key: Key) throws(StoreFailure) -> Int64 {
        try find.bind(1, copying: key.tenant.text)
        try find.bind(2, Int64(key.month.number))
        defer { find.reset() }
        return try find.step() ? find.integer(0) : 0
    }
}
