internal import Domain
internal import GRDB

extension Plan {
    static let columns =
        "plan_id, name, rate, burst, quota, key_rate, key_burst, user_pairs, user_window, created_at"

    /// The plan of a row with ``columns``.
    init(_ row: Row) throws(StoreFailure) {
        let createdAt: Int64? = try row.optional("created_at")
        var keyRate: RateLimit?
        if let rate: Int = try row.optional("key_rate") {
            keyRate = RateLimit(rate: rate, burst: try row.required("key_burst"))
        }
        self.init(
            id: try row.checked("plan_id", Plan.ID.init), name: try row.required("name"),
            rate: try row.required("rate"), burst: try row.required("burst"), quota: try row.required("quota"),
            keyRate: keyRate, userRate: try UserRate(row), createdAt: createdAt.map(Timestamp.init(milliseconds:)))
    }

    /// The values of all columns but the time of creation, by name.
    var settings: StatementArguments {
        [
            "plan": id.text, "name": name, "rate": rate, "burst": burst, "quota": quota, "keyRate": keyRate?.rate,
            "keyBurst": keyRate?.burst, "pairs": userRate?.pairs, "window": userRate?.window,
        ]
    }
}

extension UserRate {
    /// The limit by user of a row with `user_pairs` and `user_window`; nil where it has none.
    init?(_ row: Row) throws(StoreFailure) {
        guard let pairs: Int = try row.optional("user_pairs") else { return nil }
        guard let rate = UserRate(pairs: pairs, window: try row.required("user_window")) else {
            throw .corrupt(cause: "column user_pairs breaks its rules")
        }
        self = rate
    }
}
