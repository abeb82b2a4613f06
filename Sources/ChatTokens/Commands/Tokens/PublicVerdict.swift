internal import Domain
internal import Tokens

/// What `token verify` found, in the words of `POST /verify`.
enum PublicVerdict {
    case valid(kind: TokenKind, claims: JSON, tenant: String?)
    case invalid(Verdict.Refusal)

    init(_ verdict: Verdict) {
        switch verdict {
        case .invalid(let refusal): self = .invalid(refusal)
        case .valid(let token):
            // The verifier parsed the same bytes; only a number beyond all ranges can differ.
            let claims = try? JSON.parse(token.claims.span, maximumDepth: 64)
            self = .valid(kind: token.kind, claims: claims ?? [:], tenant: token.tenant.text)
        }
    }

    var isValid: Bool {
        if case .valid = self { true } else { false }
    }

    var json: JSON {
        switch self {
        case .invalid(let refusal):
            ["valid": false, "code": JSON(refusal.rawValue), "detail": JSON(refusal.detail)]
        case .valid(let kind, let claims, let tenant):
            [
                "valid": true, "kind": JSON(kind.rawValue), "tenant": JSON(optional: tenant),
                "userId": claims["sub"] ?? nil, "grantId": JSON(optional: Self.grant(claims)),
                "issuedAt": Self.moment(claims["iat"]), "expiresAt": Self.moment(claims["exp"]), "claims": claims,
            ]
        }
    }

    var text: String {
        switch self {
        case .invalid(let refusal): return "invalid: \(refusal.rawValue). \(refusal.detail)"
        case .valid(let kind, let claims, _):
            let user = claims["sub"]?.compactBytes() ?? []
            let end = Self.moment(claims["exp"]).string ?? "?"
            return "valid: a \(kind.rawValue) token for \(String(decoding: user, as: UTF8.self)), until \(end)"
        }
    }

    private static func grant(_ claims: JSON) -> String? {
        claims["jti"]?.string.map { String($0.prefix { $0 != "." }) }
    }

    private static func moment(_ claim: JSON?) -> JSON {
        JSON(optional: claim?.integer.map { Timestamp(seconds: $0) })
    }
}
