internal import Domain

extension Plan {
    static let columns =
        "plan_id, name, rate, burst, quota, key_rate, key_burst, user_pairs, user_window, created_at"

    /// The plan of a row with ``columns``, the first of them at this place.
    init(_ row: borrowing Row, from first: Int = 0) throws(StoreFailure) {
        var keyRate: RateLimit?
        if let rate = try row.optionalNumber(first + 5) {
            keyRate = RateLimit(rate: Int(rate), burst: Int(try row.number(first + 6)))
        }
        self.init(
            id: try row.checked(first, Plan.ID.init), name: try row.text(first + 1),
            rate: Int(try row.number(first + 2)), burst: Int(try row.number(first + 3)),
            quota: try row.number(first + 4), keyRate: keyRate, userRate: try UserRate(row, first + 7, first + 8),
            createdAt: try row.optionalNumber(first + 9).map(Timestamp.init(milliseconds:)))
    }

    /// The values of ``columns`` but the time of creation.
    var settings: [Statement.Value] {
        [
            .text(id.text), .text(name), .number(Int64(rate)), .number(Int64(burst)), .number(quota),
            .number(keyRate.map { Int64($0.rate) }), .number(keyRate.map { Int64($0.burst) }),
            .number(userRate.map { Int64($0.pairs) }), .number(userRate.map { Int64($0.window) }),
        ]
    }
}

extension UserRate {
    /// The limit by user in two columns; nil where there is none.
    init?(_ row: borrowing Row, _ pairs: Int, _ window: Int) throws(StoreFailure) {
        guard let count = try row.optionalNumber(pairs) else { return nil }
        guard let rate = UserRate(pairs: Int(count), window: Int(try row.number(window))) else {
            throw .corrupt(cause: "column \(row.name(pairs)) breaks its rules")
        }
        self = rate
    }
}
