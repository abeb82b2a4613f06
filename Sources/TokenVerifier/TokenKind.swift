/// The two tokens of a pair, one for each door that can be guarded.
public enum TokenKind: String, Sendable, CaseIterable {
    /// For the REST API: `typ` is `at+jwt` (RFC 9068 §2.1), the usual `aud` is `chat-api`.
    case rest
    /// For the realtime socket: `typ` is `JWT`, the usual `aud` is `chat-realtime`.
    case ws

    /// What `aud` is unless the server's settings say otherwise.
    var usualAudience: String {
        switch self {
        case .rest: "chat-api"
        case .ws: "chat-realtime"
        }
    }

    /// What `typ` in the header is.
    var type: String {
        switch self {
        case .rest: "at+jwt"
        case .ws: "JWT"
        }
    }

    /// What `jti` ends with, after the grant's identifier.
    var suffix: String { "." + rawValue }
}
