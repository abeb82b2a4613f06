internal import Domain
internal import Tokens

extension JSONFields {
    /// The settings that a tenant changes by itself.
    mutating func settings() -> TenantChange {
        var change = TenantChange()
        change.name = given("name", as: .string)
        change.tokenLife = given("tokenLife", as: .count)
        change.tokenClaims = given("tokenClaims", as: .strings)
        change.xmppHost = self.change("xmppHost", as: .string)
        change.userRate = self.change("userRate", as: .userRate)
        change.shadow = given("shadow", as: .policies)
        change.shadowsAtWill = .ofTenants
        return change
    }

    /// Those, and what the operator alone changes.
    mutating func settingsOfOperator() -> TenantChange {
        var change = settings()
        change.shadowsAtWill = TenantChange().shadowsAtWill
        change.plan = given("plan", as: .planID)
        change.rate = self.change("rate", as: .count)
        change.burst = self.change("burst", as: .count)
        change.quota = self.change("quota", as: .integer)
        return change
    }
}

extension JSONFields.Reading {
    /// An integer that is checked further on.
    static var count: JSONFields.Reading<Int> {
        .init("an integer") { $0.wholeNumber.map(Int.init(clamping:)) }
    }

    /// The identifier of a plan.
    static var planID: JSONFields.Reading<Plan.ID> {
        .init("1 to 63 of a-z, 0-9 and inner hyphens") { $0.string.flatMap(Plan.ID.init) }
    }

    /// How many pairs a user may have, and in how many seconds.
    static var userRate: JSONFields.Reading<UserRate> {
        let pairs = "pairs from 1 to \(UserRate.mostPairs)"
        return .init("an object of \(pairs) and windowSeconds from 1 to \(UserRate.longestWindow)") { json in
            guard json.members?.count == 2, let pairs = json["pairs"]?.wholeNumber,
                let window = json["windowSeconds"]?.wholeNumber
            else { return nil }
            return UserRate(pairs: Int(clamping: pairs), window: Int(clamping: window))
        }
    }

    /// Which limits only report.
    static var policies: JSONFields.Reading<LimitPolicies> {
        .init("an array of limits: \(LimitPolicy.allCases.map(\.rawValue).joined(separator: ", "))") { json in
            guard let elements = json.array else { return nil }
            let names = elements.compactMap(\.string)
            return names.count == elements.count ? LimitPolicies(names: names) : nil
        }
    }

    /// The identifier of a tenant.
    static var tenantID: JSONFields.Reading<Tenant.ID> {
        .init("1 to 63 of a-z, 0-9 and inner hyphens") { $0.string.flatMap(Tenant.ID.init) }
    }
}
