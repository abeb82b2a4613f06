internal import Domain
internal import GRDB

extension Tenant {
    static let columns = """
        tenant_id, name, status, plan, rate, burst, quota, token_life, xmpp_host, created_at, deleted_at, user_pairs, \
        user_window, shadow
        """

    /// The tenant of a row, with its plan and its token claims from their own tables.
    init(_ row: Row, plan: Plan?, tokenClaims: [String]) throws(StoreFailure) {
        guard let plan else { throw .corrupt(cause: "column plan names no plan") }
        let deletedAt: Int64? = try row.optional("deleted_at")
        self.init(
            id: try row.checked("tenant_id", Tenant.ID.init), name: try row.required("name"),
            status: deletedAt == nil ? try row.named("status") : .deleted, plan: plan,
            overrides: Overrides(
                rate: try row.optional("rate"), burst: try row.optional("burst"), quota: try row.optional("quota")),
            tokenLife: try row.required("token_life"), tokenClaims: tokenClaims,
            xmppHost: try row.optional("xmpp_host"), userRate: try UserRate(row),
            shadow: try row.checked("shadow") { LimitPolicies(names: $0.split(separator: " ")) },
            createdAt: try row.moment("created_at"))
    }

    /// The values of all columns but the status and the time of creation, by name.
    var settings: NamedValues {
        [
            "tenant": id.text, "name": name, "plan": plan.id.text, "rate": overrides.rate,
            "burst": overrides.burst, "quota": overrides.quota, "life": tokenLife, "host": xmppHost,
            "pairs": userRate?.pairs, "window": userRate?.window, "shadow": shadow.names.joined(separator: " "),
        ]
    }
}
