/// What an operator changes of a tenant; a member that is nil or `keep` stays as it is.
package struct TenantChange: Sendable, Equatable {
    /// What people call it, 1 to 255 characters.
    package var name: String?
    /// The plan that sets its limits.
    package var plan: Plan.ID?
    /// Its own rate and burst, each 1 to ``largestRate``; cleared: the plan's.
    package var rate: FieldChange<Int> = .keep, burst: FieldChange<Int> = .keep
    /// Its own token pairs a calendar month, 0 or more; cleared: the plan's.
    package var quota: FieldChange<Int64> = .keep
    /// Seconds a token lives at most, 60 to 86,400.
    package var tokenLife: Int?
    /// Members of custom metadata that go into tokens, at most ``mostTokenClaims``.
    package var tokenClaims: [String]?
    /// The XMPP domain for the `jid` claim; cleared: no such claim.
    package var xmppHost: FieldChange<String> = .keep
    /// How many pairs each user may have, where the plan does not allow less; cleared: what the plan says.
    package var userRate: FieldChange<UserRate> = .keep
    /// Which limits only report.
    package var shadow: LimitPolicies?
    /// Which of them whoever makes the change may set; the others have to stay as they are.
    package var shadowsAtWill: LimitPolicies = [.tenant, .key, .user, .quota]

    /// The highest rate and burst that can be set.
    package static let largestRate = 1_000_000
    /// The most members of custom metadata that can be put into tokens.
    package static let mostTokenClaims = 32

    /// A change of nothing.
    package init() {}

    /// The tenant after the change; throws `invalid` with a complaint for every field that breaks its rule.
    ///
    /// - Parameters:
    ///   - tenant: the tenant before.
    ///   - newPlan: the plan that ``plan`` names, where it names one.
    /// - Returns: the tenant after.
    /// - Throws: `invalid`.
    package func applied(to tenant: Tenant, plan newPlan: Plan? = nil) throws(ManagementFailure) -> Tenant {
        var complaints = complaints
        if let shadow, shadow.symmetricDifference(tenant.shadow).subtracting(shadowsAtWill) != [] {
            complaints.append(Failure.Field("shadow", "tenant and quota are the operator's to set"))
        }
        guard complaints.isEmpty else { throw .invalid(complaints) }
        var changed = tenant
        changed.name = name ?? tenant.name
        changed.plan = newPlan ?? tenant.plan
        changed.overrides.rate = rate.applied(to: tenant.overrides.rate)
        changed.overrides.burst = burst.applied(to: tenant.overrides.burst)
        changed.overrides.quota = quota.applied(to: tenant.overrides.quota)
        changed.tokenLife = tokenLife ?? tenant.tokenLife
        changed.tokenClaims = tokenClaims ?? tenant.tokenClaims
        changed.xmppHost = xmppHost.applied(to: tenant.xmppHost)
        changed.userRate = userRate.applied(to: tenant.userRate)
        changed.shadow = shadow ?? tenant.shadow
        return changed
    }

    private var complaints: [Failure.Field] {
        var complaints: [Failure.Field] = []
        func check(_ field: String, _ isFine: Bool, _ detail: String) {
            if !isFine { complaints.append(Failure.Field(field, detail)) }
        }
        if let name { check("name", DisplayName.isFit(name), DisplayName.rule) }
        for (field, change) in [("rate", rate), ("burst", burst)] {
            guard case .set(let value) = change else { continue }
            check(field, (1...Self.largestRate).contains(value), Self.rateRule)
        }
        if case .set(let value) = quota { check("quota", value >= 0, "must be 0 or more") }
        if let tokenLife {
            let range = Tenant.shortestTokenLife...Tenant.longestTokenLife
            check(
                "tokenLife", range.contains(tokenLife),
                "must be from \(range.lowerBound) to \(range.upperBound) seconds")
        }
        if let tokenClaims { check("tokenClaims", Self.areFit(tokenClaims: tokenClaims), Self.tokenClaimsRule) }
        if case .set(let host) = xmppHost { check("xmppHost", DomainName.isFit(host), "must be a domain name") }
        return complaints
    }

    static let rateRule = "must be from 1 to \(largestRate)"

    private static let tokenClaimsRule =
        "must be at most \(mostTokenClaims) different names of 1 to 255 bytes without control characters"

    private static func areFit(tokenClaims: [String]) -> Bool {
        tokenClaims.count <= mostTokenClaims && Set(tokenClaims).count == tokenClaims.count
            && tokenClaims.allSatisfy { name in
                (1...255).contains(name.utf8.count) && !name.unicodeScalars.contains(where: \.isControl)
            }
    }
}

/// Names of hosts.
enum DomainName {
    /// RFC 1035 §2.3.1 as relaxed by RFC 1123 §2.1: labels of letters, digits and inner hyphens.
    static func isFit(_ text: String) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { Base62.isDigit($0) || $0 == UInt8(ascii: "-") }
        }
    }
}

/// What tenants and keys are called by people.
enum DisplayName {
    static let longest = 255
    static let rule = "must be 1 to \(longest) characters without control characters"

    static func isFit(_ text: String) -> Bool {
        !text.isEmpty && text.isLine(atMost: longest)
    }
}
