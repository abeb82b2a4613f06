internal import Tokens

/// Checks tokens against the signing keys in memory; the buffers of one event loop.
package struct VerifyToken {
    /// What is known of a token without asking the database.
    package enum Outcome: Sendable {
        case verdict(Verdict)
        /// Something has to be loaded first; then ask again.
        case load(Directory.Want)
    }

    private let directory: Directory
    private let world: World
    private let issuerPrefix: [UInt8]
    private var scanner = JSONScanner()
    private var payload: [UInt8] = []
    /// The tenant whose token is looked at, once it is known.
    private var subject: TenantState?

    /// Nesting allowed in a payload: `custom` may have 16 levels below the claims and its own member.
    private static let deepest = 20

    /// The check over what lives in memory.
    package init(directory: Directory, world: World) {
        self.directory = directory
        self.world = world
        issuerPrefix = Array("\(directory.deployment.publicURL)/t/".utf8)
    }

    /// Decides whether the token opens the given door, and counts the verdict: for the tenant that asks, else for the
    /// one whose token it is, if that can be told.
    ///
    /// The signature is checked before any claim is believed; the algorithm is that of the key and never the header's
    /// (RFC 8725 §3.1).
    /// - Parameters:
    ///   - token: a JWT in compact form.
    ///   - kind: the door; nil for who guards none and asks what the token is.
    ///   - caller: who asks; a tenant's key learns nothing about another tenant's tokens.
    /// - Returns: the verdict, or what has to be loaded before there can be one.
    package mutating func callAsFunction(_ token: Span<UInt8>, expect kind: TokenKind?, caller: Caller) -> Outcome {
        subject = nil
        let outcome = decide(token, expect: kind, caller: caller)
        guard let tally = caller.held.tally ?? subject?.tally else { return outcome }
        switch outcome {
        case .verdict(.valid): tally.noteValid()
        case .verdict(.invalid(let refusal)): tally.note(.verification(refusal))
        case .load: break
        }
        return outcome
    }

    private mutating func decide(_ token: Span<UInt8>, expect kind: TokenKind?, caller: Caller) -> Outcome {
        guard token.count <= UnverifiedToken.maximumBytes, let parts = TokenSegments(token) else {
            return .refused(.malformed)
        }
        payload.removeAll(keepingCapacity: true)
        guard Base64URL.decode(token.extracting(parts.payload), into: &payload) else { return .refused(.malformed) }
        let payload = payload
        do throws(JSONFailure) {
            try scanner.scanObject(payload.span, maximumDepth: Self.deepest)
        } catch {
            return .refused(.malformed)
        }
        guard let claims = UnverifiedClaims(scanner.members, in: payload.span) else { return .refused(.malformed) }
        switch issuer(of: claims, caller: caller) {
        case .unknown(let want): return .load(want)
        case .absent: return .refused(.issuerUnknown)
        case .present(let state):
            subject = state
            return .verdict(verdict(on: token, parts, claims, of: state, expect: kind))
        }
    }

    private enum Issuer {
        case present(TenantState), absent, unknown(Directory.Want)
    }

    private func issuer(of claims: UnverifiedClaims, caller: Caller) -> Issuer {
        let text = payload.span.extracting(claims.issuer)
        if let own = caller.tenant {
            let issuer = own.issuer
            return text.equals(issuer.span) ? .present(own) : .absent
        }
        guard text.count > issuerPrefix.count,
            text.extracting(..<issuerPrefix.count).equals(issuerPrefix.span),
            let id = Tenant.ID(JSONText.string(text, issuerPrefix.count..<text.count))
        else { return .absent }
        switch directory.tenant(id) {
        case .present(let state): return .present(state)
        case .absent: return .absent
        case .unknown: return .unknown(.tenant(id))
        }
    }

    private func verdict(
        on token: Span<UInt8>, _ parts: TokenSegments, _ claims: UnverifiedClaims, of state: TenantState,
        expect kind: TokenKind?
    ) -> Verdict {
        let door: TenantState.Door
        if let known = state.door(header: token.extracting(parts.header)) {
            door = known
        } else {
            switch state.door(parsing: token) {
            case .success(let parsed): door = parsed
            case .failure(let refusal): return .invalid(refusal)
            }
        }
        guard door.key.verify(token, parts) else { return .invalid(.signatureInvalid) }
        return judge(claims, through: door, of: state, expect: kind)
    }

    /// Judges claims whose signature was found good.
    private func judge(
        _ claims: UnverifiedClaims, through door: TenantState.Door, of state: TenantState, expect kind: TokenKind?
    ) -> Verdict {
        let signed = door.kind
        let audience = text(claims.audience)
        guard audience == directory.deployment.audience(of: signed) else { return .invalid(.wrongAudience) }
        guard kind == nil || signed == kind else { return .invalid(.wrongKind) }
        guard let grant = grant(claims.identifier, kind: signed), let user = User.ID(text(claims.subject)) else {
            return .invalid(.malformed)
        }
        let now = world.now()
        guard now < claims.expiresAt else { return .invalid(.expired) }
        guard state.tenant.status == .active else { return .invalid(.tenantSuspended) }
        if let refusal = directory.cutoffs.refusal(state.tenant.id, user, born: grant.birth) {
            return .invalid(refusal)
        }
        if state.revocations.isAny(at: now), isRevoked(claims, grant, user, by: door.key, of: state, at: now) {
            return .invalid(.revoked)
        }
        return .valid(
            VerifiedToken(
                kind: signed, tenant: state.tenant.id, user: user, grant: grant, issuedAt: claims.issuedAt,
                expiresAt: claims.expiresAt, claims: payload))
    }

    private func isRevoked(
        _ claims: UnverifiedClaims, _ grant: Grant.ID, _ user: User.ID, by key: SigningKey, of state: TenantState,
        at now: Timestamp
    ) -> Bool {
        let label = claims.label.map(text) ?? ""
        let cutoff = directory.revocations.cutoff(
            of: state.revocations, grant: grant, user: user.text.utf8.span,
            apiKey: payload.span.extracting(claims.apiKey), signingKey: key.kid.utf8.span, label: label.utf8.span,
            at: now)
        return grant.birth.milliseconds < cutoff
    }

    private func text(_ value: JSONScanner.Value) -> String {
        value.hasEscapes
            ? JSONText.string(unescaping: payload.span, value.content) : JSONText.string(payload.span, value.content)
    }

    /// The grant in a `jti` of the form `<grant id>.<kind>`.
    private func grant(_ identifier: Range<Int>, kind: TokenKind) -> Grant.ID? {
        let text = payload.span.extracting(identifier)
        guard text.count > 36, text.extracting(36...).equals(kind.suffix.utf8.span) else { return nil }
        return Grant.ID(text.extracting(..<36))
    }
}

extension VerifyToken.Outcome {
    static func refused(_ refusal: Verdict.Refusal) -> Self { .verdict(.invalid(refusal)) }
}
