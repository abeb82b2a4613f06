internal import Domain
internal import Tokens

/// Answers in the form of Centrifugo's connect and refresh proxies.
enum CentrifugoAnswer {
    /// Why a client is not let in.
    ///
    /// Below 4500 its library tries again, from 4500 on it gives up.
    enum Refusal {
        case noToken, refused(Verdict.Refusal)

        /// A client with an expired token is to come back with a new one.
        var code: Int64 {
            if case .refused(.expired) = self { 4_401 } else { 4_501 }
        }

        /// At most 32 bytes, as Centrifugo demands.
        var reason: String {
            switch self {
            case .noToken: "token_missing"
            case .refused(let refusal): refusal.rawValue
            }
        }
    }

    /// The client is refused.
    static func disconnect(_ refusal: Refusal) -> JSON {
        ["disconnect": ["code": JSON(refusal.code), "reason": JSON(refusal.reason)]]
    }

    /// The client is let in as the token's user, with the token's information and channels; `kept`, if given, is the
    /// token that refreshes are to bring.
    static func accept(_ token: VerifiedToken, until end: Timestamp, keeping kept: String?) -> JSON {
        let claims = claims(of: token)
        var result = [(name: "user", value: JSON(token.user.text)), (name: "expire_at", value: JSON(end.seconds))]
        if let info = claims["info"] { result.append((name: "info", value: info)) }
        if let channels = claims["channels"] { result.append((name: "channels", value: channels)) }
        var meta = claims["meta"]?.members ?? []
        if let kept { meta.append((name: "token", value: JSON(kept))) }
        result.append((name: "meta", value: JSON(object: meta)))
        return ["result": JSON(object: result)]
    }

    /// The connection may stay.
    static func prolong(_ token: VerifiedToken, until end: Timestamp) -> JSON {
        var result = [(name: "expire_at", value: JSON(end.seconds))]
        if let info = claims(of: token)["info"] { result.append((name: "info", value: info)) }
        return ["result": JSON(object: result)]
    }

    /// The connection may not stay; its client comes back with a new token, or is told why not.
    static var expired: JSON { ["result": ["expired": true]] }

    /// What was signed was scanned before: it is JSON.
    private static func claims(of token: VerifiedToken) -> JSON {
        (try? JSON.parse(token.claims.span, maximumDepth: 64)) ?? [:]
    }
}
