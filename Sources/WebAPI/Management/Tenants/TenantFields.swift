internal import Domain
internal import Tokens

extension JSONFields {
    /// The settings that a tenant changes by itself.
    mutating func settings() -> TenantChange {
        var change = TenantChange()
        change.name = given("name", as: .string)
        change.tokenLife = given("tokenLife", as: .integer).map(Int.init(clamping:))
        change.tokenClaims = given("tokenClaims", as: .strings)
        change.xmppHost = self.change("xmppHost", as: .string)
        return change
    }

    /// Those, and what the operator alone changes.
    mutating func settingsOfOperator() -> TenantChange {
        var change = settings()
        change.plan = given("plan", as: .plan)
        change.rate = self.change("rate", as: .count)
        change.burst = self.change("burst", as: .count)
        change.quota = self.change("quota", as: .integer)
        return change
    }
}

extension JSONFields.Reading {
    /// An integer that is checked further on.
    fileprivate static var count: JSONFields.Reading<Int> {
        .init("an integer") { $0.integer.map(Int.init(clamping:)) }
    }

    /// The identifier of a tenant.
    static var tenantID: JSONFields.Reading<Tenant.ID> {
        .init("1 to 63 of a-z, 0-9 and inner hyphens") { $0.string.flatMap(Tenant.ID.init) }
    }
}
