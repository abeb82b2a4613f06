extension ManageKeys {
    /// What a key may do where nothing else was said.
    package static func defaultScopes(of owner: APIKey.Owner) -> Scopes {
        switch owner {
        case .tenant: [.issue, .verify]
        case .node: .verify
        case .operator: .operator
        }
    }

    /// The most that a key of this owner may do.
    ///
    /// A node key opens every tenant's tokens, so it must not also be able to make them.
    package static func allowedScopes(of owner: APIKey.Owner) -> Scopes {
        switch owner {
        case .tenant: [.issue, .verify, .revoke, .admin, .readUsers, .writeUsers]
        case .node: .verify
        case .operator: .operator
        }
    }

    static func complaints(
        owner: APIKey.Owner, name: String, scopes: Scopes, terms: KeyTerms
    ) -> [Failure.Field] {
        var complaints: [Failure.Field] = []
        if !DisplayName.isFit(name) { complaints.append(Failure.Field("name", DisplayName.rule)) }
        let allowed = allowedScopes(of: owner)
        if scopes.isEmpty || !allowed.isSuperset(of: scopes) {
            let names = allowed.names.joined(separator: ", ")
            complaints.append(Failure.Field("scopes", "must be one or more of \(names) for a key of this kind"))
        }
        return complaints + terms.complaints
    }

    static func subject(_ owner: APIKey.Owner) -> String {
        switch owner {
        case .tenant(let id): "tenant \(id)"
        case .node: "node key"
        case .operator: "operator key"
        }
    }
}
