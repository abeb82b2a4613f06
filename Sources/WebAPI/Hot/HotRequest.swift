internal import Domain
internal import NIOCore
internal import NIOHTTP1

/// The endpoints on which the time goes: answered on the event loop, without the router.
enum HotRoute: Int, Sendable {
    case issue, verify, forwardAuth, jwks

    /// The path as openapi.yaml writes it.
    var template: String {
        switch self {
        case .issue: "/tokens"
        case .verify, .forwardAuth: "/verify"
        case .jwks: "/t/{tenant}/.well-known/jwks.json"
        }
    }

    /// The method as openapi.yaml writes it.
    var method: String {
        switch self {
        case .issue, .verify: "POST"
        case .forwardAuth, .jwks: "GET"
        }
    }

    /// The most bytes a body may have; a body that an endpoint has no use for is ignored.
    static let bodyLimit = 16 * 1_024

    private static let jwksPrefix = "/t/"
    private static let jwksSuffix = "/.well-known/jwks.json"

    /// The hot endpoint that a request line asks for; nil: the main lane's.
    init?(method: HTTPMethod, path: Substring) {
        switch method {
        case .POST where path == "/tokens": self = .issue
        case .POST where path == "/verify": self = .verify
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

/// One request to a hot endpoint, the same on both lanes; a class, since it is handed on more often than it is made.
final class HotRequest {
    /// Nil for bytes that could not be read as a request.
    let route: HotRoute?
    let path: Substring
    let query: Substring
    let headers: HotHeaders
    /// What answers and logs call this request.
    let id: String
    /// When its head arrived, in nanoseconds of the monotonic clock.
    let start: Int64
    var body: ByteBuffer

    init(
        route: HotRoute?, path: Substring, query: Substring, headers: HotHeaders, id: String, start: Int64,
        body: ByteBuffer = ByteBuffer()
    ) {
        self.route = route
        self.path = path
        self.query = query
        self.headers = headers
        self.id = id
        self.start = start
        self.body = body
    }
}

/// The header fields that hot endpoints look at.
struct HotHeaders: Sendable {
    var apiKey: String?
    var contentType: String?
    var contentLength: String?
    var contentEncoding: String?
    var authorization: String?
    var chatToken: String?
    var originalURI: String?
    var requestID: String?
    var ifNoneMatch: String?
    var expect: String?
    var traceParent: String?
    /// Whether the client asks for another protocol.
    var isUpgrade = false
    /// How many `Host` fields there are; RFC 9112 §3.2 demands exactly one.
    var hostCount = 0

    init() {}

    init(_ fields: HTTPHeaders) {
        for (name, value) in fields { take(name, value) }
    }

    /// Notes a field if it is one that matters; of several with one name the first counts.
    mutating func take(_ name: String, _ value: String) {
        switch name.utf8.count {
        case 4 where name.isSame(as: "host"): hostCount += 1
        case 6 where name.isSame(as: "expect"): expect = expect ?? value
        case 7 where name.isSame(as: "upgrade"): isUpgrade = true
        case 9 where name.isSame(as: "x-api-key"): apiKey = apiKey ?? value
        case 11 where name.isSame(as: "traceparent"): traceParent = traceParent ?? value
        case 12 where name.isSame(as: "content-type"): contentType = contentType ?? value
        case 12 where name.isSame(as: "x-request-id"): requestID = requestID ?? value
        case 12 where name.isSame(as: "x-chat-token"): chatToken = chatToken ?? value
        case 13 where name.isSame(as: "authorization"): authorization = authorization ?? value
        case 13 where name.isSame(as: "if-none-match"): ifNoneMatch = ifNoneMatch ?? value
        case 14 where name.isSame(as: "content-length"): contentLength = contentLength ?? value
        case 14 where name.isSame(as: "x-original-uri"): originalURI = originalURI ?? value
        case 16 where name.isSame(as: "content-encoding"): contentEncoding = contentEncoding ?? value
        default: break
        }
    }

    /// Whether the body is declared as plain JSON: `application/json`, with or without parameters, not compressed.
    var isJSON: Bool {
        if let contentEncoding, !contentEncoding.isSame(as: "identity") { return false }
        guard let contentType else { return false }
        let type = contentType.utf8.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
        return Substring(type).isSame(as: "application/json")
    }
}

extension StringProtocol {
    /// Whether both are the same but for the case of ASCII letters; `lowercase` must have none in upper case.
    func isSame(as lowercase: StaticString) -> Bool {
        guard utf8.count == lowercase.utf8CodeUnitCount else { return false }
        return lowercase.withUTF8Buffer { expected in
            var index = 0
            for byte in utf8 {
                let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                guard unsafe (isUpper ? byte | 0x20 : byte) == expected[index] else { return false }
                index += 1
            }
            return true
        }
    }
}
