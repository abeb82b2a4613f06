internal import Domain

extension Tenant {
    static let columns = """
        tenant_id, t.name, status, plan, t.rate, t.burst, t.quota, token_life, xmpp_host, t.created_at, deleted_at, \
        t.user_pairs, t.user_window, shadow, plan_id, p.name, p.rate, p.burst, p.quota, key_rate, key_burst, \
        p.user_pairs, p.user_window, p.created_at
        """
    /// What has ``columns``.
    static let tables = "tenant AS t JOIN plan AS p ON p.plan_id = t.plan"

    /// The tenant of a row with ``columns``, its plan among them, with its token claims from their own table.
    init(_ row: borrowing Row, tokenClaims: [String] = []) throws(StoreFailure) {
        let isDeleted = try row.optionalNumber(10) != nil
        self.init(
            id: try row.checked(0, Tenant.ID.init), name: try row.text(1),
            status: isDeleted ? .deleted : try row.checked(2, Status.init(rawValue:)),
            plan: try Plan(row, from: 14),
            overrides: Overrides(
                rate: try row.optionalNumber(4).map(Int.init), burst: try row.optionalNumber(5).map(Int.init),
                quota: try row.optionalNumber(6)),
            tokenLife: Int(try row.number(7)), tokenClaims: tokenClaims, xmppHost: try row.optionalText(8),
            userRate: try UserRate(row, 11, 12),
            shadow: try row.checked(13) { LimitPolicies(names: $0.split(separator: " ")) },
            createdAt: try row.moment(9))
    }

    /// What a change may set, in the order of ``columns``, after the identifier.
    var settings: [Statement.Value] {
        [
            .text(id.text), .text(name), .text(plan.id.text), .number(overrides.rate.map(Int64.init)),
            .number(overrides.burst.map(Int64.init)), .number(overrides.quota), .number(Int64(tokenLife)),
            .text(xmppHost), .number(userRate.map { Int64($0.pairs) }), .number(userRate.map { Int64($0.window) }),
            .text(shadow.names.joined(separator: " ")),
        ]
    }
}
