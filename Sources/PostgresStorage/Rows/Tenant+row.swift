internal import Domain

extension Tenant {
    static let columns =
        "tenant_id, name, status, plan, rate, burst, quota, token_life, xmpp_host, created_at, deleted_at"

    /// The tenant of a row with ``columns``, with its token claims from their own table.
    init(_ row: borrowing Row, tokenClaims: [String] = []) throws(StoreFailure) {
        let isDeleted = try row.optionalNumber(10) != nil
        self.init(
            id: try row.checked(0, Tenant.ID.init), name: try row.text(1),
            status: isDeleted ? .deleted : try row.checked(2, Status.init(rawValue:)),
            plan: try row.checked(3, Plan.init(rawValue:)),
            overrides: Overrides(
                rate: try row.optionalNumber(4).map(Int.init), burst: try row.optionalNumber(5).map(Int.init),
                quota: try row.optionalNumber(6)),
            tokenLife: Int(try row.number(7)), tokenClaims: tokenClaims, xmppHost: try row.optionalText(8),
            createdAt: try row.moment(9))
    }

    /// What a change may set, in the order of ``columns``, after the identifier.
    var settings: [Statement.Value] {
        [
            .text(id.text), .text(name), .text(plan.rawValue), .number(overrides.rate.map(Int64.init)),
            .number(overrides.burst.map(Int64.init)), .number(overrides.quota), .number(Int64(tokenLife)),
            .text(xmppHost),
        ]
    }
}
