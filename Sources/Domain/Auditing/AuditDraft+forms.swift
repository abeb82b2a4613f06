package import Tokens

extension AuditDraft {
    /// The change of something that was there before and is there still: only members that differ are kept.
    package init(
        _ action: AuditAction, for tenant: Tenant.ID?, by origin: AuditOrigin, target: String? = nil,
        changing former: JSON, to present: JSON, at moment: Timestamp
    ) {
        let before = (former.members ?? []).filter { present[$0.name] != $0.value }
        let after = (present.members ?? []).filter { former[$0.name] != $0.value }
        self.init(
            action, for: tenant, by: origin, target: target, before: JSON(object: before), after: JSON(object: after),
            at: moment)
    }
}

extension AuditDraft {
    /// The first use of a key; from where is not known any more when uses are stored.
    package static func firstUse(of key: APIKey.ID, _ tenant: Tenant.ID?, at moment: Timestamp) -> AuditDraft {
        AuditDraft(
            .keyFirstUsed, for: tenant, by: AuditOrigin(actor: "key \(key)"), target: "key \(key)", at: moment)
    }
}

extension AuditDraft {
    /// The removal of entries kept under months before this one, such as 202611.
    package static func pruning(before month: Int, at moment: Timestamp) -> AuditDraft {
        AuditDraft(
            .auditPruned, for: nil, by: .commandLine, after: ["monthsBefore": JSON(Int64(month))], at: moment)
    }
}

extension Tenant {
    /// The settings as the audit log tells them.
    var audited: JSON {
        [
            "name": JSON(name), "status": JSON(status.rawValue), "plan": JSON(plan.id.text),
            "overrides": overrides.json, "tokenLife": JSON(Int64(tokenLife)),
            "tokenClaims": JSON(tokenClaims.map { JSON($0) }), "xmppHost": JSON(optional: xmppHost),
            "userRate": JSON(optional: userRate), "shadow": JSON(shadow.names.map { JSON($0) }),
        ]
    }
}

extension APIKey {
    /// The key as the audit log tells it: neither its secret nor a hash of it.
    var audited: JSON {
        [
            "name": JSON(name), "owner": JSON(owner.kind), "scopes": JSON(scopes.names.map { JSON($0) }),
            "expiresAt": JSON(optional: expiresAt), "formerSecretUntil": JSON(optional: former?.until),
            "allowedAddresses": JSON(allowedAddresses.map { JSON($0.description) }),
            "rateLimit": rateLimit?.json ?? nil, "importedPrefix": JSON(optional: imported?.prefix),
            "leakedWhere": JSON(optional: leak?.place), "quarantinedAt": JSON(optional: leak?.quarantinedAt),
            "revokedAt": JSON(optional: revocation?.at), "revocationReason": JSON(optional: revocation?.reason),
        ]
    }

    /// What entries about the key name as their target.
    var auditTarget: String { "key \(id)" }
}

extension SealedKey {
    /// The key as the audit log tells it.
    var audited: JSON { ["algorithm": JSON(algorithm.rawValue), "state": JSON(state.rawValue)] }

    /// What entries about the key name as their target.
    var auditTarget: String { "signing_key \(kid)" }
}
