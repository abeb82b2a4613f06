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

    /// Every scope with the name it has in requests, answers and tables.
    package static let named: [(name: String, scope: Scopes)] = [
        ("tokens:issue", .issue), ("tokens:verify", .verify), ("tokens:revoke", .revoke), ("admin", .admin),
        ("operator", .operator),
    ]

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
