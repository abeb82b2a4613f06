package import Tokens

extension APIKey.Owner {
    /// `tenant`, `node` or `operator`.
    package var kind: String {
        switch self {
        case .tenant: "tenant"
        case .node: "node"
        case .operator: "operator"
        }
    }

    /// The tenant; nil for keys of the operator.
    package var tenant: Tenant.ID? {
        if case .tenant(let id) = self { id } else { nil }
    }
}

extension APIKey {
    /// The key without its secret, as commands and the API show it; `usage` is nil where it was not asked for.
    package func json(prefix: String, now: Timestamp, usage: APIKey.Usage? = nil) -> JSON {
        var members: [(name: String, value: JSON)] = [
            ("id", JSON(id.text)), ("preview", JSON(preview(prefix: prefix))), ("name", JSON(name)),
            ("owner", JSON(owner.kind)), ("tenant", JSON(optional: owner.tenant?.text)),
            ("scopes", JSON(scopes.names.map { JSON($0) })), ("status", JSON(status(at: now).rawValue)),
            ("createdAt", JSON(createdAt.description)), ("expiresAt", JSON(optional: expiresAt)),
            ("formerSecretUntil", JSON(optional: former?.until)),
            ("allowedAddresses", JSON(allowedAddresses.map { JSON($0.description) })),
            ("rateLimit", rateLimit?.json ?? nil), ("importedPrefix", JSON(optional: imported?.prefix)),
        ]
        if let usage {
            members.append(("lastUsedAt", JSON(optional: usage.lastUsedAt)))
            members.append(("usageCount", JSON(usage.count)))
        }
        members.append(("revokedAt", JSON(optional: revocation?.at)))
        members.append(("revokedBy", JSON(optional: revocation?.by)))
        members.append(("revocationReason", JSON(optional: revocation?.reason)))
        members.append(("leakedAt", JSON(optional: leak?.at)))
        members.append(("leakedWhere", JSON(optional: leak?.place)))
        members.append(("quarantinedAt", JSON(optional: leak?.quarantinedAt)))
        return JSON(object: members)
    }
}

extension RateLimit {
    /// `{"rate","burst"}`.
    package var json: JSON { ["rate": JSON(Int64(rate)), "burst": JSON(Int64(burst))] }
}

extension ManageKeys.Issued {
    /// The key with its secret, which is shown this once.
    package func json(prefix: String) -> JSON {
        [
            "id": JSON(key.id.text), "apiKey": JSON(text), "preview": JSON(key.preview(prefix: prefix)),
            "name": JSON(key.name), "owner": JSON(key.owner.kind), "scopes": JSON(key.scopes.names.map { JSON($0) }),
            "tenant": JSON(optional: key.owner.tenant?.text), "createdAt": JSON(key.createdAt.description),
            "expiresAt": JSON(optional: key.expiresAt), "formerSecretUntil": JSON(optional: key.former?.until),
            "allowedAddresses": JSON(key.allowedAddresses.map { JSON($0.description) }),
            "rateLimit": key.rateLimit?.json ?? nil,
        ]
    }
}
