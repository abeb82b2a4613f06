/// The two tokens of a pair, by the `typ` of their headers.
package enum TokenType: String, Sendable, CaseIterable {
    /// For the REST API (RFC 9068 §2.1).
    case rest = "at+jwt"
    /// For the realtime socket (RFC 7519 §5.1).
    case ws = "JWT"
}
