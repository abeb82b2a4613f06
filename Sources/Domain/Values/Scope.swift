/// What an API key may do.
package struct Scopes: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// `POST /tokens`.
    package static let issue = Scopes(rawValue: 1)
    /// The verification endpoints.
    package static let verify = Scopes(rawValue: 2)
    /// `POST /tokens/revoke`.
    package static let revoke = Scopes(rawValue: 4)
    /// The management endpoints of the key's own tenant.
    package static let admin = Scopes(rawValue: 8)
    /// The management endpoints of the deployment; operator keys only.
    package static let `operator` = Scopes(rawValue: 16)
    /// Reading the tenant's users.
    package static let readUsers = Scopes(rawValue: 32)
    /// Changing, deactivating and erasing them.
    package static let writeUsers = Scopes(rawValue: 64)

    /// Every scope with the name it has in requests, answers and tables.
    package static let named: [(name: String, scope: Scopes)] = [
        ("tokens:issue", .issue), ("tokens:verify", .verify), ("tokens:revoke", .revoke), ("admin", .admin),
        ("operator", .operator), ("users:read", .readUsers), ("users:write", .writeUsers),
    ]

    /// Whether whoever holds these scopes may do what needs the others: `admin` includes those of users.
    package func suffice(for needed: Scopes) -> Bool {
        (contains(.admin) ? union([.readUsers, .writeUsers]) : self).isSuperset(of: needed)
    }

    /// The names of the scopes in this set, in the order of ``named``.
    package var names: [String] {
        Scopes.named.filter { contains($0.scope) }.map(\.name)
    }

    /// The set of the named scopes, or nil where a name is unknown.
    package init?(names: some Sequence<some StringProtocol>) {
        self = []
        for name in names {
            guard let scope = Scopes.named.first(where: { $0.name == String(name) })?.scope else { return nil }
            insert(scope)
        }
    }
}
