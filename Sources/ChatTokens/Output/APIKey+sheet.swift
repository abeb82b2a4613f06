internal import Domain

extension APIKey {
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
    /// The key with its secret for people.
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
