public import AsyncHTTPClient
public import Logging
internal import Tokens

/// Decides about ChatTokens' tokens without asking the server about each.
///
/// One for each door, shared by all threads. ``run()`` keeps its knowledge fresh, and has to be running for as long as
/// tokens are checked; checking itself reads memory only:
///
/// ```swift
/// let verifier = try OfflineVerifier(
///     .init(publicURL: "https://chat.example", tenants: .only(["acme"]), expecting: .ws))
/// async let freshness: Void = verifier.run()
/// let user = try await verifier.verify(token).userID
/// ```
public final class OfflineVerifier: Sendable {
    /// What it was made with.
    public let settings: Settings
    private let keys: KeyCache
    private let feed: RevocationFeed?
    private let clock: VerifierClock
    private let server: ServerLink
    private let logger: Logger

    /// A verifier that knows nothing yet.
    ///
    /// - Parameters:
    ///   - settings: what it has to know.
    ///   - client: what requests are made with: its TLS, proxy and connection limits hold. One that follows redirects
    ///     would take the API key along, so its `redirectConfiguration` should be `.disallow`; answers that come from
    ///     elsewhere are not believed. Nil: a client that follows none, for all verifiers of the process.
    ///   - logger: is told when something cannot be fetched.
    /// - Throws: what is wrong with the settings.
    public convenience init(
        _ settings: Settings, client: HTTPClient? = nil, logger: Logger = Logger(label: "TokenVerifier")
    ) throws(SettingsFailure) {
        try self.init(settings, client: client, logger: logger, clock: .system)
    }

    /// A verifier that goes by another clock.
    package init(
        _ settings: Settings, client: HTTPClient?, logger: Logger, clock: VerifierClock
    ) throws(SettingsFailure) {
        try settings.check()
        self.settings = settings
        self.clock = clock
        self.logger = logger
        let keys = try KeyCache(settings, clock: clock)
        let server = ServerLink(
            client: client ?? ServerLink.steadfast, address: settings.address ?? settings.publicURL,
            timeout: settings.timeout)
        feed = settings.feed.map {
            RevocationFeed($0, settings, keys: keys, server: server, clock: clock, logger: logger)
        }
        self.keys = keys
        self.server = server
    }

    /// Fetches keys and follows revocations until the task is cancelled; failures are logged and tried again, never
    /// thrown.
    ///
    /// A second call while the first runs returns at once.
    public func run() async {
        guard let requests = keys.requests() else { return }
        defer { keys.close() }
        let fetching = KeyFetching(cache: keys, server: server, logger: logger)
        await withDiscardingTaskGroup { group in
            group.addTask { await fetching.run(requests) }
            if let feed { group.addTask { await feed.run() } }
        }
    }

    /// Whether it runs and all that is needed has been read, and recently enough: what a readiness probe should answer.
    ///
    /// With ``Settings/Tenants/all`` keys are read on demand and are not waited for.
    public var isReady: Bool { keys.isReady(for: settings.listed) && feed?.isFresh ?? true }

    /// Whether a token that was found good has been revoked since; false where revocations are not followed.
    ///
    /// - Parameter token: what ``verify(_:)`` returned.
    /// - Returns: whether to let go of whoever came with it.
    public func isRevoked(_ token: VerifiedToken) -> Bool { feed?.list.voids(token) ?? false }

    /// One value whenever something was revoked: ask ``isRevoked(_:)`` then for each connection that is open.
    ///
    /// Ends at once where revocations are not followed. Values are not kept for whoever is slow: one stands for many.
    public var revocations: AsyncStream<Void> { feed?.list.changes() ?? AsyncStream { $0.finish() } }

    /// The token's content, if it opens the door; a key that is not known is fetched first, if that was not done only
    /// just now.
    ///
    /// - Parameter token: a JWT in compact form.
    /// - Returns: what it says.
    /// - Throws: why it is refused.
    public func verify(_ token: String) async throws(Refusal) -> VerifiedToken {
        switch check(token) {
        case .success(let verified): return verified
        case .failure(.refused(let refusal)): throw refusal
        case .failure(.keyMissing(let tenant)): await keys.fetched(tenant)
        }
        return try known(check(token))
    }

    /// The token's content, if it opens the door, without waiting: for event loops.
    ///
    /// A key that is not known is asked for, but the token is refused; it passes when it comes again.
    ///
    /// - Parameter token: a JWT in compact form.
    /// - Returns: what it says.
    /// - Throws: why it is refused.
    public func verifyNow(_ token: String) throws(Refusal) -> VerifiedToken {
        let outcome = check(token)
        if case .failure(.keyMissing(let tenant)) = outcome { keys.request(tenant) }
        return try known(outcome)
    }

    private enum Doubt: Error {
        case refused(Refusal)
        case keyMissing(tenant: String)
    }

    private func known(_ outcome: Result<VerifiedToken, Doubt>) throws(Refusal) -> VerifiedToken {
        switch outcome {
        case .success(let verified): return verified
        case .failure(.refused(let refusal)): throw refusal
        case .failure(.keyMissing): throw .keyUnknown
        }
    }

    private func check(_ text: String) -> Result<VerifiedToken, Doubt> {
        do throws(Doubt) {
            return .success(try judge(Array(text.utf8)))
        } catch {
            return .failure(error)
        }
    }

    /// In the order of `POST /verify`: the signature before any claim but the issuer is believed.
    private func judge(_ bytes: [UInt8]) throws(Doubt) -> VerifiedToken {
        var payload: [UInt8] = []
        guard let token = try? UnverifiedToken(bytes.span, payload: &payload), let claims = Claims(payload.span)
        else { throw .refused(.malformed) }
        guard let tenant = settings.tenant(of: claims.issuer) else { throw .refused(.issuerUnknown) }
        guard let signed = TokenKind.allCases.first(where: { $0.type == token.typ }) else {
            throw .refused(.malformed)
        }
        let key = try key(token.kid, of: tenant)
        // The algorithm belongs to the key (RFC 8725 §3.1): a header that names another proves tampering.
        guard key.algorithm == token.algorithm, key.verify(bytes.span, token.segments) else {
            throw .refused(.signatureInvalid)
        }
        guard claims.audience.utf8.elementsEqual(audience(of: signed).utf8) else { throw .refused(.wrongAudience) }
        guard signed == settings.kind else { throw .refused(.wrongKind) }
        guard let grant = GrantName(identifier: claims.identifier, kind: signed) else { throw .refused(.malformed) }
        guard clock.now() < claims.expiresAt + settings.leeway.components.seconds else { throw .refused(.expired) }
        let verified = VerifiedToken(
            kind: signed, tenant: tenant, userID: claims.subject, grantID: grant.text, issuedAt: claims.issuedAt,
            expiresAt: claims.expiresAt, apiKeyID: claims.apiKeyID, label: claims.label, keyID: token.kid,
            claims: payload, bornAt: grant.bornAt)
        guard feed?.isFresh(for: tenant) ?? true else { throw .refused(.notReady) }
        guard !isRevoked(verified) else { throw .refused(.revoked) }
        return verified
    }

    /// The audience of this kind: as set for the door that is guarded, the usual one for the other.
    private func audience(of kind: TokenKind) -> String {
        kind == settings.kind ? settings.audience : kind.usualAudience
    }

    private func key(_ kid: String, of tenant: String) throws(Doubt) -> SigningKey {
        switch keys.key(kid, of: tenant) {
        case .key(let key): return key
        case .fetchable: throw .keyMissing(tenant: tenant)
        case .absent: throw .refused(.keyUnknown)
        case .unread: throw .refused(.notReady)
        }
    }
}
