internal import Domain
internal import Tokens

/// A token pair as the API hands it out.
enum PairJSON {
    /// Signs the tokens that come next in the answer, as long as they are ready to be.
    ///
    /// - Parameters:
    ///   - draft: the pair.
    ///   - user: the user as stored, as far as the tokens that are ready tell of him.
    ///   - signed: how many of its tokens `out` has already, from the first on.
    ///   - payload: a buffer to work in; its content is replaced.
    ///   - out: where the object goes.
    ///   - isReady: whether a token can be signed yet.
    /// - Returns: how many tokens `out` has now.
    /// - Throws: what signing throws; libcrypto failed.
    static func appendTokens(
        _ draft: TokenDraft, for user: User, signed: Int = 0, payload: inout [UInt8], to out: inout [UInt8],
        where isReady: (TokenKind) -> Bool
    ) throws(TokenFailure) -> Int {
        var signed = signed
        if signed == 0, isReady(.rest) {
            out.append(text: "{\"token\":\"")
            try draft.appendToken(.rest, for: user, payload: &payload, to: &out)
            signed = 1
        }
        if signed == 1, isReady(.ws) {
            out.append(text: "\",\"wsToken\":\"")
            try draft.appendToken(.ws, for: user, payload: &payload, to: &out)
            signed = 2
        }
        return signed
    }

    /// Signs the tokens that are not signed yet and appends all the rest of the object.
    ///
    /// - Parameters:
    ///   - draft: the pair.
    ///   - user: the user as stored.
    ///   - refreshToken: the refresh token that goes with it; nil: none.
    ///   - signed: how many of its tokens `out` has already.
    ///   - payload: a buffer to work in; its content is replaced.
    ///   - out: where the object goes.
    /// - Throws: what signing throws; libcrypto failed.
    static func append(
        _ draft: TokenDraft, for user: User, refreshToken: String?, signed: Int = 0, payload: inout [UInt8],
        to out: inout [UInt8]
    ) throws(TokenFailure) {
        _ = try appendTokens(draft, for: user, signed: signed, payload: &payload, to: &out) { _ in true }
        if let refreshToken {
            out.append(text: "\",\"refreshToken\":\"")
            out.append(string: refreshToken)
        }
        out.append(text: "\",\"user\":")
        UserJSON.append(user, to: &out)
        appendTimes(draft, isRefreshable: refreshToken != nil, to: &out)
    }

    private static func appendTimes(_ draft: TokenDraft, isRefreshable: Bool, to out: inout [UInt8]) {
        let life = draft.expiresAt.seconds - draft.issuedAt.seconds
        // Also before the refresh token ends, where that is sooner.
        let end = isRefreshable ? min(life, draft.deployment.refresh.idle) : life
        out.append(text: ",\"expiresIn\":")
        JSONText.appendInteger(life, to: &out)
        out.append(text: ",\"expiresAt\":\"")
        draft.expiresAt.appendRFC3339(to: &out)
        out.append(text: "\",\"refreshAfter\":")
        JSONText.appendInteger(IssueTokens.refreshAfter(life: end, grant: draft.grant), to: &out)
        out.append(text: ",\"grantId\":\"")
        draft.grant.append(to: &out)
        out.append(text: "\"}")
    }
}
