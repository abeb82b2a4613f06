package import Tokens

/// A kind of verifier that a token may have to pass, with what is known of its ways.
package enum Verifier: String, Sendable, CaseIterable {
    /// `POST /verify`, `GET /verify` and introspection.
    case server
    /// Proxies that ask this server for each request.
    case nginx, caddy
    /// Any library with the tenant's shared secret.
    case sharedSecret = "offline-hs256"
    /// Any library with the tenant's published keys.
    case jwks
    case centrifugo, haproxy, apache, ejabberd, rabbitmq

    /// Whether this server decides in the end.
    package var asksServer: Bool {
        switch self {
        case .server, .nginx, .caddy: true
        case .sharedSecret, .jwks, .centrifugo, .haproxy, .apache, .ejabberd, .rabbitmq: false
        }
    }

    /// The algorithms it can check.
    package var algorithms: [SignatureAlgorithm] {
        switch self {
        case .server, .nginx, .caddy, .centrifugo, .ejabberd, .rabbitmq: SignatureAlgorithm.allCases
        case .sharedSecret: [.hs256]
        case .jwks: [.es256, .edDSA, .rs256]
        // HAProxy 2.6 and the library of mod_auth_openidc know no EdDSA.
        case .haproxy, .apache: [.hs256, .es256, .rs256]
        }
    }

    /// Whether it compares the audience; one that asks here leaves that to the server.
    package var comparesAudience: Bool { self != .ejabberd }

    /// Claims it cannot do without beyond those that every token has.
    package var neededClaims: [String] {
        switch self {
        case .ejabberd: ["jid"]
        case .rabbitmq: ["scope"]
        default: []
        }
    }
}
