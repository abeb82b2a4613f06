internal import Domain
internal import Tokens

/// What `token verify` found, in the words of `POST /verify`.
enum PublicVerdict {
    /// The token opens the door; `claims` is the JSON object that was signed.
    case valid(kind: TokenKind, claims: [UInt8], tenant: String?)
    case invalid(Verdict.Refusal)

    init(_ verdict: Verdict) {
        switch verdict {
        case .invalid(let refusal): self = .invalid(refusal)
        case .valid(let token): self = .valid(kind: token.kind, claims: token.claims, tenant: token.tenant.text)
        }
    }

    var isValid: Bool {
        if case .valid = self { true } else { false }
    }

    /// The verdict as a JSON object.
    var document: [UInt8] {
        var document = JSONDocument()
        switch self {
        case .invalid(let refusal):
            document.add("valid", false)
            document.add("code", JSON(refusal.rawValue))
            document.add("detail", JSON(refusal.detail))
        case .valid(let kind, let text, let tenant):
            let claims = Self.tree(text)
            document.add("valid", true)
            document.add("kind", JSON(kind.rawValue))
            document.add("tenant", JSON(optional: tenant))
            document.add("userId", JSON(optional: claims["sub"]?.string))
            document.add("grantId", JSON(optional: claims["jti"]?.string.map { String($0.prefix { $0 != "." }) }))
            document.add("issuedAt", JSON(optional: Self.moment(claims["iat"])))
            document.add("expiresAt", JSON(optional: Self.moment(claims["exp"])))
            document.add("claims", verbatim: text)
        }
        return document.bytes
    }

    /// The verdict for people.
    var text: String {
        switch self {
        case .invalid(let refusal): return "invalid: \(refusal.rawValue). \(refusal.detail)"
        case .valid(let kind, let text, _):
            let claims = Self.tree(text)
            // As JSON, so that no control character reaches the terminal.
            let user = String(decoding: claims["sub"]?.compactBytes() ?? [], as: UTF8.self)
            return
                "valid: a \(kind.rawValue) token for \(user), until \(Self.moment(claims["exp"])?.description ?? "?")"
        }
    }

    /// The claims to look into; a number beyond all ranges would leave them empty.
    private static func tree(_ claims: [UInt8]) -> JSON {
        let tree = try? JSON.parse(claims.span, maximumDepth: 64)
        return tree ?? [:]
    }

    private static func moment(_ claim: JSON?) -> Timestamp? {
        claim?.integer.flatMap { abs($0) < 1 << 40 ? Timestamp(seconds: $0) : nil }
    }
}
