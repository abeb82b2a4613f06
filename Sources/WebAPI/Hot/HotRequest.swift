internal import Domain
internal import NIOCore
internal import NIOHTTP1
internal import Tokens

/// The endpoints on which the time goes: answered on the event loop, without the router.
enum HotRoute: Int, Sendable {
    case issue, verify, forwardAuth, jwks, introspect

    /// The path as openapi.yaml writes it.
    var template: String {
        switch self {
        case .issue: "/tokens"
        case .verify, .forwardAuth: "/verify"
        case .jwks: "/t/{tenant}/.well-known/jwks.json"
        case .introspect: "/oauth2/introspect"
        }
    }

    /// The method as openapi.yaml writes it.
    var method: String {
        switch self {
        case .issue, .verify, .introspect: "POST"
        case .forwardAuth, .jwks: "GET"
        }
    }

    /// The most bytes a body may have that is read.
    static let bodyLimit = 16 * 1_024

    /// Whether the body is read; where it is not, no size of it is a reason to refuse: proxies may pass on a client's.
    var readsBody: Bool {
        switch self {
        case .issue, .verify, .introspect: true
        case .forwardAuth, .jwks: false
        }
    }

    private static let jwksPrefix = "/t/"
    private static let jwksSuffix = "/.well-known/jwks.json"

    /// The hot endpoint that a request line asks for; nil: the main lane's.
    init?(method: HTTPMethod, path: Substring) {
        switch method {
        case .POST where path == "/tokens": self = .issue
        case .POST where path == "/verify": self = .verify
        case .POST where path == "/oauth2/introspect": self = .introspect
        case .GET where path == "/verify", .HEAD where path == "/verify": self = .forwardAuth
        case .GET where path.hasPrefix(Self.jwksPrefix) && path.hasSuffix(Self.jwksSuffix),
            .HEAD where path.hasPrefix(Self.jwksPrefix) && path.hasSuffix(Self.jwksSuffix):
            self = .jwks
        default: return nil
        }
    }

    /// The tenant named by a JWKS path.
    static func tenant(inJWKSPath path: Substring) -> Tenant.ID? {
        Tenant.ID(String(path.dropFirst(jwksPrefix.count).dropLast(jwksSuffix.count)))
    }
}

/// A request target in its two parts.
struct HotTarget {
    let path: Substring
    /// What follows the question mark; empty where there is none.
    let query: Substring

    init(_ uri: String) {
        let mark = uri.utf8.firstIndex(of: UInt8(ascii: "?"))
        path = mark.map { uri[..<$0] } ?? uri[...]
        query = mark.map { uri[uri.index(after: $0)...] } ?? ""
    }
}

/// One request to a hot endpoint, the same on both lanes; a class, since it is handed on more often than it is made.
final class HotRequest {
    /// Nil for bytes that could not be read as a request.
    let route: HotRoute?
    let path: Substring
    let query: Substring
    let headers: HotHeaders
    /// The other end of the connection; nil where it has no IP address.
    let peer: IPAddress?
    /// What answers and logs call this request.
    let id: String
    /// When its head arrived, in nanoseconds of the monotonic clock.
    let start: Int64
    var body: ByteBuffer

    init(
        route: HotRoute?, target: HotTarget, headers: HotHeaders, peer: IPAddress?, id: String, start: Int64,
        body: ByteBuffer = ByteBuffer()
    ) {
        self.route = route
        path = target.path
        query = target.query
        self.headers = headers
        self.peer = peer
        self.id = id
        self.start = start
        self.body = body
    }

    /// Where the request comes from, as far as these proxies are believed; worked out when it is asked for.
    func client(behind proxies: TrustedProxies) -> IPAddress? {
        guard let peer else { return nil }
        guard let forwarded = headers.forwardedFor else { return peer }
        return proxies.client(peer: peer, forwardedFor: forwarded.readableBytesUInt8Span)
    }
}

/// The header fields that hot endpoints look at.
struct HotHeaders: Sendable {
    var apiKey: String?
    /// What the body is declared as; nil where it is not.
    var contentType: BodyType?
    /// Whether the body is declared as compressed.
    var isEncoded = false
    var contentLength: String?
    var authorization: String?
    var chatToken: String?
    var originalURI: String?
    var requestID: String?
    var ifNoneMatch: String?
    var expect: String?
    var accept: String?
    var traceParent: String?
    var idempotencyKey: String?
    /// All `X-Forwarded-For` fields in their order, with commas; bytes of the request, as few ever look at them.
    var forwardedFor: ByteBuffer?
    /// Whether the client asks for another protocol.
    var isUpgrade = false
    /// How many `Host` fields there are; RFC 9112 §3.2 demands exactly one.
    var hostCount = 0

    init() {}

    init(_ fields: HTTPHeaders) {
        for (name, value) in fields { take(name, value) }
    }

    /// Notes a field if it is one that matters.
    mutating func take(_ name: String, _ value: String) {
        if let field = HotField(name.utf8.span) { take(field, value.utf8.span) }
    }

    /// Notes a field whose value is UTF-8; of several with one name the first counts where only one can.
    mutating func take(_ field: HotField, _ value: Span<UInt8>) {
        // The decoder leaves the white space behind a value, which is no part of it (RFC 9110 §5.5).
        let value = value.extracting(..<value.countWithoutTrailingSpace)
        switch field {
        case .host: hostCount += 1
        case .upgrade: isUpgrade = true
        case .expect: Self.keep(value, in: &expect)
        case .accept: Self.keep(value, in: &accept)
        case .apiKey: Self.keep(value, in: &apiKey)
        case .traceParent: Self.keep(value, in: &traceParent)
        case .idempotencyKey: Self.keep(value, in: &idempotencyKey)
        case .contentType: contentType = contentType ?? BodyType(value)
        case .requestID: Self.keep(value, in: &requestID)
        case .chatToken: Self.keep(value, in: &chatToken)
        case .authorization: Self.keep(value, in: &authorization)
        case .ifNoneMatch: takeIfNoneMatch(value)
        case .contentLength: Self.keep(value, in: &contentLength)
        case .originalURI: Self.keep(value, in: &originalURI)
        case .contentEncoding: isEncoded = isEncoded || !value.isSame(as: "identity")
        case .forwardedFor: takeForwardedFor(ByteBuffer(string: JSONText.string(value, 0..<value.count)))
        }
    }

    private static func keep(_ value: Span<UInt8>, in field: inout String?) {
        if field == nil { field = JSONText.string(value, 0..<value.count) }
    }

    /// Notes one `If-None-Match` field, which is a list: several are one with commas.
    private mutating func takeIfNoneMatch(_ value: Span<UInt8>) {
        let list = JSONText.string(value, 0..<value.count)
        ifNoneMatch = ifNoneMatch.map { $0 + "," + list } ?? list
    }

    /// Notes one `X-Forwarded-For` field; each proxy may add one of its own, so that the last counts most.
    mutating func takeForwardedFor(_ value: ByteBuffer) {
        guard forwardedFor != nil else { return forwardedFor = value }
        forwardedFor?.writeStaticString(",")
        forwardedFor?.writeImmutableBuffer(value)
    }

    /// Whether the body is declared as plain JSON: `application/json`, with or without parameters, not compressed.
    var isJSON: Bool { contentType == .json && !isEncoded }

    /// Whether the body is declared as a patch by RFC 7396, not compressed.
    var isMergePatch: Bool { contentType == .mergePatch && !isEncoded }

    /// Whether the body is declared as a plain form: `application/x-www-form-urlencoded`, not compressed.
    var isForm: Bool { contentType == .form && !isEncoded }
}

/// The name of a header field that hot endpoints look at.
enum HotField {
    case host, upgrade, expect, accept, apiKey, traceParent, contentType, requestID, chatToken, authorization
    case ifNoneMatch, contentLength, originalURI, forwardedFor, contentEncoding, idempotencyKey

    /// The field of a name, in whatever case it is written; nil for all others.
    init?(_ name: Span<UInt8>) {
        switch name.count {
        case 4 where name.isSame(as: "host"): self = .host
        case 6 where name.isSame(as: "expect"): self = .expect
        case 6 where name.isSame(as: "accept"): self = .accept
        case 7 where name.isSame(as: "upgrade"): self = .upgrade
        case 9 where name.isSame(as: "x-api-key"): self = .apiKey
        case 11 where name.isSame(as: "traceparent"): self = .traceParent
        case 12 where name.isSame(as: "content-type"): self = .contentType
        case 12 where name.isSame(as: "x-request-id"): self = .requestID
        case 12 where name.isSame(as: "x-chat-token"): self = .chatToken
        case 13 where name.isSame(as: "authorization"): self = .authorization
        case 13 where name.isSame(as: "if-none-match"): self = .ifNoneMatch
        case 14 where name.isSame(as: "content-length"): self = .contentLength
        case 14 where name.isSame(as: "x-original-uri"): self = .originalURI
        case 15 where name.isSame(as: "x-forwarded-for"): self = .forwardedFor
        case 15 where name.isSame(as: "idempotency-key"): self = .idempotencyKey
        case 16 where name.isSame(as: "content-encoding"): self = .contentEncoding
        default: return nil
        }
    }
}
