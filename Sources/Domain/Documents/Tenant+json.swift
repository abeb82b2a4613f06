package import Tokens

extension Tenant {
    /// The members by which commands and the API show a tenant.
    package func members(publicURL: String) -> [(name: String, value: JSON)] {
        [
            ("id", JSON(id.text)), ("name", JSON(name)), ("status", JSON(status.rawValue)),
            ("plan", JSON(plan.id.text)),
            ("rate", JSON(Int64(rateLimit.rate))), ("burst", JSON(Int64(rateLimit.burst))), ("quota", JSON(quota)),
            ("overrides", overrides.json), ("tokenLife", JSON(Int64(tokenLife))),
            ("tokenClaims", JSON(tokenClaims.map { JSON($0) })), ("xmppHost", JSON(optional: xmppHost)),
            ("userRate", JSON(optional: userRate)), ("shadow", JSON(shadow.names.map { JSON($0) })),
            ("issuer", JSON("\(publicURL)/t/\(id)")), ("createdAt", JSON(createdAt.description)),
        ]
    }

    /// The tenant as a JSON object.
    package func json(publicURL: String) -> JSON { JSON(object: members(publicURL: publicURL)) }
}

extension Tenant.Overrides {
    /// The tenant's own limits; null where the plan's are in force.
    package var json: JSON {
        [
            "rate": JSON(optional: rate), "burst": JSON(optional: burst),
            "quota": quota.map { JSON($0) } ?? nil,
        ]
    }
}
