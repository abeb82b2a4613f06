internal import Tokens

/// The door a token opens.
package enum TokenKind: String, Sendable, CaseIterable {
    /// The REST API.
    case rest
    /// The realtime socket.
    case ws

    /// The `typ` header: RFC 9068 §2.1 for the REST token, a plain JWT for gateways.
    package var type: String {
        switch self {
        case .rest: TokenType.rest.rawValue
        case .ws: TokenType.ws.rawValue
        }
    }

    /// The `scope` claim.
    package var scope: String {
        switch self {
        case .rest: "chat:rest"
        case .ws: "chat:ws"
        }
    }

    /// The suffix of the `jti` claim after the grant's identifier.
    package var suffix: String {
        switch self {
        case .rest: ".rest"
        case .ws: ".ws"
        }
    }
}
