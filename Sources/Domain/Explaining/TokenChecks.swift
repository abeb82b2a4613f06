internal import Tokens

/// The checks of one token whose issuer is the caller's to ask about.
struct TokenChecks {
    let question: ExplainQuestion
    let token: ReadToken
    let state: TenantState
    let directory: Directory
    let now: Timestamp
    var explanation: Explanation

    /// The tenant's key that the header names, and where it stands.
    private var entry: KeyRing.Entry? { state.ring.entry(kid: token.form.kid) }
    private var verifier: Verifier { question.verifier }
    /// The kind of the token by its header.
    private var kind: TokenKind? { TokenKind.allCases.first { $0.type == token.form.typ } }

    /// Goes through them in the order in which this server does.
    mutating func run() -> Explanation {
        guard let kind else {
            explanation.fail(.form, .malformed, "The typ is neither at+jwt nor JWT.")
            return explanation
        }
        explanation.pass(.form, "A JWT of the form this server issues.")
        explanation.pass(.issuer, "Issued by tenant \(state.tenant.id).")
        let isSigned = checkKey()
        let grant = grant(of: kind)
        if let grant {
            explanation.facts = Explanation.Facts(
                kind: kind, tenant: state.tenant.id, user: token.subject, grant: grant, kid: token.form.kid,
                algorithm: token.form.algorithm, keyState: entry?.state, issuedAt: token.issuedAt,
                expiresAt: token.expiresAt)
        }
        checkAudience(kind)
        checkKind(kind)
        checkClaims(grant)
        checkExpiry()
        checkClock()
        checkStanding(isSigned: isSigned, grant)
        return explanation
    }

    private func grant(of kind: TokenKind) -> Grant.ID? {
        guard token.identifier.utf8.count > 36, token.identifier.hasSuffix(kind.suffix),
            User.ID(token.subject) != nil
        else { return nil }
        let text = Array(token.identifier.utf8.dropLast(kind.suffix.utf8.count))
        return Grant.ID(text.span)
    }

    /// Checks key, algorithm and signature; answers whether the signature is good.
    private mutating func checkKey() -> Bool {
        guard let entry else {
            explanation.fail(.key, .keyUnknown, "The tenant has no signing key of this kid.")
            explanation.skip(.signature, "There is no key to check it with.")
            return false
        }
        let isSigned = entry.key.algorithm == token.form.algorithm && isSigned(by: entry.key)
        checkState(of: entry)
        checkAlgorithm(of: entry.key)
        if isSigned {
            explanation.pass(.signature, "The signature is that of the key.")
        } else if entry.key.algorithm != token.form.algorithm {
            explanation.fail(
                .signature, .signatureInvalid,
                "The header says \(token.form.algorithm.rawValue), the key is one of \(entry.key.algorithm.rawValue).")
        } else {
            explanation.fail(
                .signature, .signatureInvalid,
                "The token was changed after signing, or signed with another key of the same name.")
        }
        return isSigned
    }

    private func isSigned(by key: SigningKey) -> Bool {
        key.verify(token.bytes.span, token.form.segments)
    }

    private mutating func checkState(of entry: KeyRing.Entry) {
        let isPublished = entry.key.jwk(.public) != nil
        switch entry.state {
        case .revoked where verifier == .sharedSecret:
            explanation.warn(.key, "The key is revoked, which a verifier that holds it does not hear of.")
        case .revoked where verifier == .centrifugo:
            explanation.fail(
                .key, .keyUnknown,
                "The key is revoked and no longer published; Centrifugo may keep it for an hour after its last use.")
        case .revoked: explanation.fail(.key, .keyUnknown, "The key is revoked.")
        case .standby: explanation.pass(.key, "The key is published and does not sign yet.")
        case .active: explanation.pass(.key, "The key is the one that signs now.")
        case .retired: explanation.pass(.key, "The key signs no more; what it signed is good until it expires.")
        }
        if !verifier.asksServer, verifier != .sharedSecret, !isPublished {
            explanation.warn(
                .key, "The key is a shared secret and not among the published ones; the verifier has to be given it.")
        }
    }

    private mutating func checkAlgorithm(of key: SigningKey) {
        guard !verifier.algorithms.contains(key.algorithm) else {
            return explanation.pass(.algorithm, "The verifier knows \(key.algorithm.rawValue).")
        }
        let known = verifier.algorithms.map(\.rawValue).joined(separator: ", ")
        explanation.fail(
            .algorithm, .algorithmUnsupported,
            "The key is one of \(key.algorithm.rawValue); the verifier takes \(known).")
    }

    private mutating func checkAudience(_ kind: TokenKind) {
        guard verifier.comparesAudience else {
            return explanation.skip(.audience, "The verifier does not look at the audience.")
        }
        // The server compares with the audience of the token's own kind, then the kinds: see checkKind.
        let door = verifier.asksServer ? kind : question.kind ?? kind
        let expected = question.audience ?? directory.deployment.audience(of: door)
        guard token.audience != expected else { return explanation.pass(.audience, "The audience is \(expected).") }
        explanation.fail(
            .audience, .wrongAudience, "The audience is \(token.audience); the verifier demands \(expected).")
    }

    private mutating func checkKind(_ kind: TokenKind) {
        guard let expected = question.kind else {
            return explanation.skip(.kind, "It was not said which door the verifier guards.")
        }
        guard kind != expected else { return explanation.pass(.kind, "The token is of the kind \(kind.rawValue).") }
        let detail = "The token is of the kind \(kind.rawValue); the door is for \(expected.rawValue)."
        if verifier.asksServer {
            explanation.fail(.kind, .wrongKind, detail)
        } else {
            explanation.warn(.kind, detail + " The verifier does not look at typ; the audience has to tell them apart.")
        }
    }

    private mutating func checkClaims(_ grant: Grant.ID?) {
        guard grant != nil else {
            return explanation.fail(.claims, .malformed, "sub or jti are not as this server writes them.")
        }
        let missing = verifier.neededClaims.filter { token.claims[$0] == nil }
        guard missing.isEmpty else {
            return explanation.fail(
                .claims, .claimMissing, "The verifier cannot do without \(missing.joined(separator: ", ")).")
        }
        if verifier == .centrifugo, token.subject.contains(where: { $0 == "#" || $0 == "," }) {
            return explanation.warn(.claims, "A user id with # or , breaks Centrifugo's user-limited channels.")
        }
        explanation.pass(.claims, "All claims that the verifier needs are there.")
    }
}
