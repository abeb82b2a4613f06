internal import Domain
internal import GRDB

/// Counts the pairs of a batch by day and API key: each row is written once.
struct DayTally {
    private struct Key: Hashable {
        let tenant: Tenant.ID
        let day: Day
        let apiKey: APIKey.ID
    }

    private let put: RawStatement
    private var counts: [(key: Key, pairs: Int64)] = []
    private var places: [Key: Int] = [:]
    private var latest = 0

    init(_ db: Database) throws(StoreFailure) {
        put = try RawStatement(
            db,
            """
            INSERT INTO issued_day (tenant_id, day, api_key_id, pairs) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (tenant_id, day, api_key_id) DO UPDATE SET pairs = pairs + excluded.pairs
            """)
    }

    /// Counts one pair.
    mutating func count(_ command: IssueCommand) {
        count(command.tenant, command.day, command.apiKey)
    }

    /// Counts one pair that the API key asked for.
    mutating func count(_ tenant: Tenant.ID, _ day: Day, _ apiKey: APIKey.ID) {
        let key = Key(tenant: tenant, day: day, apiKey: apiKey)
        // Most batches are of one key: its text need not be hashed each time.
        if latest >= counts.count || counts[latest].key != key {
            latest = places[key] ?? counts.count
            if latest == counts.count {
                places[key] = latest
                counts.append((key, 0))
            }
        }
        counts[latest].pairs += 1
    }

    /// Writes what was counted.
    func write() throws(StoreFailure) {
        for (key, pairs) in counts {
            try put.bind(1, copying: key.tenant.text)
            try put.bind(2, Int64(key.day.number))
            try put.bind(3, copying: key.apiKey.text)
            try put.bind(4, pairs)
            try put.changeOne()
        }
    }
}
