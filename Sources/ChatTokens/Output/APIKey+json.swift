internal import Domain
internal import Tokens

extension APIKey.Owner {
    /// `tenant`, `node` or `operator`.
    var kind: String {
        switch self {
        case .tenant: "tenant"
        case .node: "node"
        case .operator: "operator"
        }
    }

    /// The tenant; nil for keys of the operator.
    var tenant: Tenant.ID? {
        if case .tenant(let id) = self { id } else { nil }
    }
}

extension APIKey {
    /// The key without its secret.
    func json(prefix: String, now: Timestamp) -> JSON {
        [
            "id": JSON(id.text), "preview": JSON(preview(prefix: prefix)), "name": JSON(name),
            "owner": JSON(owner.kind), "tenant": JSON(optional: owner.tenant?.text),
            "scopes": JSON(scopes.names.map { JSON($0) }), "status": JSON(status(at: now).rawValue),
            "createdAt": JSON(createdAt.description), "expiresAt": JSON(optional: expiresAt),
            "formerSecretUntil": JSON(optional: former?.until), "revokedAt": JSON(optional: revocation?.at),
            "revocationReason": JSON(optional: revocation?.reason),
        ]
    }

    /// Adds the key to a table of id, name, owner, scopes, status, created and expires.
    func add(to table: inout Table, now: Timestamp) {
        table.add([
            id.text, name, owner.tenant?.text ?? "(\(owner.kind))", scopes.names.joined(separator: " "),
            status(at: now).rawValue, createdAt.description, expiresAt?.description ?? "never",
        ])
    }

    /// The headings that ``add(to:now:)`` fills.
    static let headings = ["ID", "NAME", "OWNER", "SCOPES", "STATUS", "CREATED", "EXPIRES"]
}

extension ManageKeys.Issued {
    /// The key with its secret, which is shown this once.
    func json(prefix: String) -> JSON {
        [
            "id": JSON(key.id.text), "apiKey": JSON(text), "preview": JSON(key.preview(prefix: prefix)),
            "name": JSON(key.name), "owner": JSON(key.owner.kind), "scopes": JSON(key.scopes.names.map { JSON($0) }),
            "tenant": JSON(optional: key.owner.tenant?.text), "createdAt": JSON(key.createdAt.description),
            "expiresAt": JSON(optional: key.expiresAt), "formerSecretUntil": JSON(optional: key.former?.until),
        ]
    }

    /// The same for people.
    var sheet: Sheet {
        var sheet = Sheet()
        sheet.add("API key", text)
        sheet.add("id", key.id.text)
        sheet.add("name", key.name)
        sheet.add("owner", key.owner.tenant?.text ?? key.owner.kind)
        sheet.add("scopes", key.scopes.names.joined(separator: " "))
        sheet.add("expires", key.expiresAt?.description ?? "never")
        sheet.add("old secret works until", key.former?.until.description)
        return sheet
    }
}
