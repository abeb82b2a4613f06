package import Tokens

extension ReadUsage.Month {
    /// The members by which the API shows what a tenant has of its month.
    package var members: [(name: String, value: JSON)] {
        [
            ("tenant", JSON(tenant.id.text)), ("plan", JSON(tenant.plan.id.text)), ("quota", JSON(tenant.quota)),
            ("used", JSON(used)), ("remaining", JSON(remaining)), ("resetsAt", JSON(resetsAt.description)),
        ]
    }

    /// The limits on requests that a key of the tenant meets; `keyRate` is the key's own.
    package func limits(keyRate: RateLimit?) -> JSON {
        [
            "tenant": JSON(optional: tenant.rateLimit),
            "key": JSON(optional: RateLimit.narrower(keyRate, tenant.plan.keyRate)),
            "user": tenant.userLimit.map { ["pairs": JSON(Int64($0.burst)), "windowSeconds": JSON($0.window)] } ?? nil,
            "shadow": JSON(tenant.shadow.names.map { JSON($0) }),
        ]
    }
}

extension ReadUsage.Span {
    /// The first day and the last, as `from` and `to`.
    package var members: [(name: String, value: JSON)] {
        [("from", JSON(first.description)), ("to", JSON(last.description))]
    }
}

/// What was used on one day, by one key, or of all that was asked for.
package struct UsageSum: Sendable {
    private var pairs: Int64 = 0
    private var valid: Int64 = 0
    private var invalid: [String: Int64] = [:]
    private var refusals: [String: Int64] = [:]

    /// Everything of these counts, whatever day and key they are of.
    package init(_ counts: some Sequence<UsageCount>) {
        for count in counts { add(count) }
    }

    private mutating func add(_ count: UsageCount) {
        switch count.kind {
        case .pair: pairs += count.count
        case .verification where count.code == "valid": valid += count.count
        case .verification: invalid[count.code, default: 0] += count.count
        case .refusal: refusals[count.code, default: 0] += count.count
        case .shadow: break
        }
    }

    /// The members by which the API shows it.
    package var members: [(name: String, value: JSON)] {
        [
            ("pairs", JSON(pairs)), ("verifications", ["valid": JSON(valid), "invalid": Self.object(invalid)]),
            ("refusals", Self.object(refusals)),
        ]
    }

    private static func object(_ counts: [String: Int64]) -> JSON {
        JSON(object: counts.sorted { $0.key < $1.key }.map { ($0.key, JSON($0.value)) })
    }
}

extension UsageGrouping {
    /// What a request asks for by `day`, `key` or `day,key`; nil for anything else.
    package init?(names: String) {
        switch names {
        case "day": self = .day
        case "key": self = .key
        case "day,key": self = [.day, .key]
        default: return nil
        }
    }

    /// Counts as the API lists them, in the order in which the database gave them.
    package func list(_ counts: [UsageCount]) -> JSON {
        var entries: [JSON] = []
        var rest = counts.filter { $0.kind != .shadow }[...]
        while let first = rest.first {
            let same = rest.prefix { $0.day == first.day && $0.key == first.key }
            rest = rest.dropFirst(same.count)
            var members: [(name: String, value: JSON)] = []
            if contains(.day) { members.append(("day", JSON(optional: first.day?.description))) }
            if contains(.key) { members.append(("key", JSON(optional: first.key?.text))) }
            entries.append(JSON(object: members + UsageSum(same).members))
        }
        return JSON(entries)
    }
}
