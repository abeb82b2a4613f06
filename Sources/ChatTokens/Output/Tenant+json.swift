internal import Domain
internal import Tokens

extension JSON {
    /// Text, or null.
    init(optional text: String?) {
        self = text.map { JSON($0) } ?? nil
    }

    /// A moment as RFC 3339, or null.
    init(optional moment: Timestamp?) {
        self.init(optional: moment?.description)
    }

    /// A number, or null.
    init(optional number: Int?) {
        self = number.map { JSON(Int64($0)) } ?? nil
    }
}

extension Tenant {
    /// The members by which commands show a tenant.
    func members(publicURL: String) -> [(name: String, value: JSON)] {
        [
            ("id", JSON(id.text)), ("name", JSON(name)), ("status", JSON(status.rawValue)),
            ("plan", JSON(plan.rawValue)),
            ("rate", JSON(Int64(rateLimit.rate))), ("burst", JSON(Int64(rateLimit.burst))), ("quota", JSON(quota)),
            ("overrides", overrides.json), ("tokenLife", JSON(Int64(tokenLife))),
            ("tokenClaims", JSON(tokenClaims.map { JSON($0) })), ("xmppHost", JSON(optional: xmppHost)),
            ("issuer", JSON("\(publicURL)/t/\(id)")), ("createdAt", JSON(createdAt.description)),
        ]
    }

    /// The tenant as a JSON object.
    func json(publicURL: String) -> JSON { JSON(object: members(publicURL: publicURL)) }

    /// The tenant for people.
    func sheet(publicURL: String) -> Sheet {
        var sheet = Sheet()
        sheet.add("tenant", id.text)
        sheet.add("name", name)
        sheet.add("status", status.rawValue)
        sheet.add("plan", plan.rawValue)
        sheet.add("rate", "\(rateLimit.rate) a second, at most \(rateLimit.burst) at once")
        sheet.add("quota", "\(quota) token pairs a month")
        sheet.add("token life", "\(tokenLife) s")
        sheet.add("token claims", tokenClaims.isEmpty ? nil : tokenClaims.joined(separator: ", "))
        sheet.add("xmpp host", xmppHost)
        sheet.add("issuer", "\(publicURL)/t/\(id)")
        sheet.add("created", createdAt.description)
        return sheet
    }
}

extension Tenant.Overrides {
    /// The tenant's own limits; null where the plan's are in force.
    var json: JSON {
        [
            "rate": JSON(optional: rate), "burst": JSON(optional: burst),
            "quota": quota.map { JSON($0) } ?? nil,
        ]
    }
}
