internal import Domain
internal import GRDB

extension Tenant {
    static let columns =
        "tenant_id, name, status, plan, rate, burst, quota, token_life, xmpp_host, created_at, deleted_at"

    /// The tenant of a row, with its token claims from their own table.
    init(_ row: Row, tokenClaims: [String]) throws(StoreFailure) {
        let deletedAt: Int64? = try row.optional("deleted_at")
        self.init(
            id: try row.checked("tenant_id", Tenant.ID.init), name: try row.required("name"),
            status: deletedAt == nil ? try row.named("status") : .deleted, plan: try row.named("plan"),
            overrides: Overrides(
                rate: try row.optional("rate"), burst: try row.optional("burst"), quota: try row.optional("quota")),
            tokenLife: try row.required("token_life"), tokenClaims: tokenClaims,
            xmppHost: try row.optional("xmpp_host"), createdAt: try row.moment("created_at"))
    }

    /// The values of all columns but the status and the time of creation, by name.
    var settings: StatementArguments {
        [
            "tenant": id.text, "name": name, "plan": plan.rawValue, "rate": overrides.rate,
            "burst": overrides.burst, "quota": overrides.quota, "life": tokenLife, "host": xmppHost,
        ]
    }
}
