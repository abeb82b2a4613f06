internal import Domain
internal import Tokens

/// A token pair as the API hands it out.
enum PairJSON {
    /// Signs both tokens and appends the object.
    ///
    /// - Parameters:
    ///   - draft: the pair.
    ///   - user: the user as stored.
    ///   - refreshToken: the refresh token that goes with it; nil: none.
    ///   - payload: a buffer to work in; its content is replaced.
    ///   - out: where the object goes.
    /// - Throws: what signing throws; libcrypto failed.
    static func append(
        _ draft: TokenDraft, for user: User, refreshToken: String?, payload: inout [UInt8], to out: inout [UInt8]
    ) throws(TokenFailure) {
        out.append(text: "{\"token\":\"")
        try draft.appendToken(.rest, for: user, payload: &payload, to: &out)
        out.append(text: "\",\"wsToken\":\"")
        try draft.appendToken(.ws, for: user, payload: &payload, to: &out)
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
