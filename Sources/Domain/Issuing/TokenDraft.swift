package import Tokens

/// A token pair that is decided but not yet signed.
package final class TokenDraft: Sendable {
    /// The longest token in bytes: common gateways refuse header lines of 8 KiB.
    package static let longestToken = 7 * 1_024

    /// The tenant that asked.
    package let state: TenantState
    /// What signs the pair.
    package let signer: TenantState.Signer
    /// The names of the deployment.
    package let deployment: Deployment
    /// The API key that asked.
    package let apiKey: APIKey.ID
    /// The grant's identifier.
    package let grant: Grant.ID
    /// When the pair was asked for, and when it expires.
    package let issuedAt: Timestamp, expiresAt: Timestamp
    /// Centrifugo channels as a compact JSON array; nil: none.
    package let channels: [UInt8]?
    /// What the pair is for; nil: nothing in particular.
    package let label: Label?

    /// A draft with the given fields.
    package init(
        state: TenantState, signer: TenantState.Signer, deployment: Deployment, apiKey: APIKey.ID, grant: Grant.ID,
        issuedAt: Timestamp, expiresAt: Timestamp, channels: [UInt8]?, label: Label? = nil
    ) {
        self.state = state
        self.signer = signer
        self.deployment = deployment
        self.apiKey = apiKey
        self.grant = grant
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.channels = channels
        self.label = label
    }

    /// Whether neither token of the pair for this user is longer than ``longestToken``.
    package func admits(_ user: User) -> Bool {
        // Escaping at most doubles text without control characters; most pairs are admitted by this bound alone.
        let texts =
            4 * user.id.text.utf8.count + (user.name?.utf8.count ?? 0) + (user.image?.utf8.count ?? 0)
            + (label?.text.utf8.count ?? 0)
        let custom = state.tenant.tokenClaims.isEmpty ? 0 : user.custom?.count ?? 0
        let audience = max(deployment.restAudience.utf8.count, deployment.wsAudience.utf8.count)
        let bound = 600 + 2 * audience + state.issuer.count + 2 * texts + custom + (channels?.count ?? 0)
        if encodedLength(.rest, payload: bound) <= Self.longestToken { return true }
        var payload: [UInt8] = []
        for kind in TokenKind.allCases {
            payload.removeAll(keepingCapacity: true)
            appendClaims(of: kind, for: user, to: &payload)
            if encodedLength(kind, payload: payload.count) > Self.longestToken { return false }
        }
        return true
    }

    /// Whether signing the pair takes longer than all else in its request; with HMAC it takes a tenth.
    package var isCostly: Bool { signer.key.algorithm != .hs256 }

    /// Whether a token will be the same whatever is stored of the user, since the request gives all it tells of him.
    package func isSettled(_ kind: TokenKind, by change: UserChange) -> Bool {
        guard state.tenant.tokenClaims.isEmpty || change.custom != .keep else { return false }
        return kind == .rest || change.name != .keep && change.image != .keep
    }

    /// Signs one token of the pair and appends it in compact form.
    ///
    /// - Parameters:
    ///   - kind: which of the two.
    ///   - user: the user as stored.
    ///   - payload: a buffer to work in; its content is replaced.
    ///   - out: where the token goes.
    /// - Throws: what signing throws; libcrypto failed.
    package func appendToken(
        _ kind: TokenKind, for user: User, payload: inout [UInt8], to out: inout [UInt8]
    ) throws(TokenFailure) {
        payload.removeAll(keepingCapacity: true)
        appendClaims(of: kind, for: user, to: &payload)
        try signer.key.appendToken(headerSegment: header(of: kind), payload: payload.span, to: &out)
    }

    private func header(of kind: TokenKind) -> [UInt8] {
        switch kind {
        case .rest: signer.restHeader
        case .ws: signer.wsHeader
        }
    }

    private func encodedLength(_ kind: TokenKind, payload: Int) -> Int {
        header(of: kind).count + 2 + (payload * 4 + 2) / 3 + (signer.signatureBytes * 4 + 2) / 3
    }
}
