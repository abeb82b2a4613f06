internal import Domain
internal import Tokens

/// What a request revokes, and whose that is as far as the request tells.
struct RevocationWish {
    let subject: Revocation.Subject
    var holder: User.ID?
}

extension JSONFields {
    /// What a request revokes, by exactly one of the members that say so.
    mutating func revoked(of tenant: Tenant.ID, publicURL: String) -> RevocationWish? {
        let names = ["token", "grantId", "userId", "apiKeyId", "kid", "label", "all"]
        let given = names.filter(isThere)
        var wishes: [RevocationWish?] = []
        for name in given { wishes.append(wish(name, of: tenant, publicURL: publicURL)) }
        guard given.count == 1 else {
            let rule = "exactly one of \(names.joined(separator: ", ")) must be given"
            if given.isEmpty { refuse("token", rule) } else { refuse(given[1], rule) }
            return nil
        }
        return wishes[0]
    }

    private mutating func wish(_ name: String, of tenant: Tenant.ID, publicURL: String) -> RevocationWish? {
        switch name {
        case "token":
            return required(name, as: .token(of: tenant, publicURL: publicURL)).map {
                RevocationWish(subject: .grant($0.grant), holder: $0.user)
            }
        case "userId": return required(name, as: .userID).map { RevocationWish(subject: .user($0), holder: $0) }
        default: return subject(name).map { RevocationWish(subject: $0) }
        }
    }

    private mutating func subject(_ name: String) -> Revocation.Subject? {
        switch name {
        case "grantId": return required(name, as: .grantID).map(Revocation.Subject.grant)
        case "apiKeyId": return required(name, as: .apiKeyID).map(Revocation.Subject.apiKey)
        case "kid": return required(name, as: .kid).map(Revocation.Subject.signingKey)
        case "label": return required(name, as: .label).map(Revocation.Subject.label)
        default:
            guard let all = required(name, as: .bool) else { return nil }
            if !all { refuse(name, "must be true") }
            return .tenant
        }
    }

    /// The moment before which grants are void, if one is named.
    mutating func issuedBefore(of subject: Revocation.Subject?, now: Timestamp) -> Timestamp? {
        guard let moment = given("issuedBefore", as: .moment) else { return nil }
        if case .grant = subject { refuse("issuedBefore", "cannot be given for one grant") }
        if moment > now { refuse("issuedBefore", "must not be in the future") }
        return moment
    }

    /// What is said about it; empty where nothing is.
    mutating func reason() -> String {
        given("reason", as: .reason) ?? ""
    }
}

extension JSONFields.Reading {
    fileprivate static func token(of tenant: Tenant.ID, publicURL: String) -> JSONFields.Reading<RevokedToken> {
        .init("a token of this tenant") { json in
            json.string.flatMap { RevokedToken($0, publicURL: publicURL) }
                .flatMap { $0.issuer == "\(publicURL)/t/\(tenant)" ? $0 : nil }
        }
    }

    fileprivate static var grantID: JSONFields.Reading<Grant.ID> {
        .init("a grantId") { $0.string.flatMap { Grant.ID($0.utf8.span) } }
    }

    fileprivate static var userID: JSONFields.Reading<User.ID> {
        .init("a string of 1 to \(User.ID.longest) bytes without control characters") {
            $0.string.flatMap(User.ID.init)
        }
    }

    fileprivate static var apiKeyID: JSONFields.Reading<APIKey.ID> {
        .init("the identifier of an API key") { $0.string.flatMap(APIKey.ID.init) }
    }

    fileprivate static var kid: JSONFields.Reading<String> {
        .init("the kid of a signing key") { json in
            json.string.flatMap { text in
                (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7E).contains($0) } ? text : nil
            }
        }
    }

    /// 1 to 64 bytes without control characters.
    static var label: JSONFields.Reading<Label> {
        .init("a string of 1 to \(Label.longest) bytes without control characters") { $0.string.flatMap(Label.init) }
    }

    fileprivate static var moment: JSONFields.Reading<Timestamp> {
        .init("a time in UTC such as 2026-01-02T03:04:05.678Z") { json in
            // A bare day is none of RFC 3339's times.
            json.string.flatMap { text in text.utf8.count > 10 ? Timestamp(rfc3339: text) : nil }
        }
    }

    fileprivate static var reason: JSONFields.Reading<String> {
        .init("at most \(Revocation.longestReason) characters without control characters") { json in
            json.string.flatMap { text in text.isLine(atMost: Revocation.longestReason) ? text : nil }
        }
    }
}
