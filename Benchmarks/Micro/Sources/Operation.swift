import Domain
import Tokens

/// One operation of the hot path, with its input prepared outside the loop.
enum Operation: String, CaseIterable {
    case scan, sign, verify, parse, gcra
    case keyLookup = "key-lookup"
    case revocationLookup = "revocation-lookup"

    /// Runs the operation and returns something that depends on every iteration.
    func run(_ iterations: Int) -> Int {
        do {
            return switch self {
            case .scan: try Self.scan(iterations)
            case .sign: try Self.sign(iterations)
            case .verify: try Self.verify(iterations)
            case .parse: try Self.parse(iterations)
            case .gcra: Self.gcra(iterations)
            case .keyLookup: Self.keyLookup(iterations)
            case .revocationLookup: try RevocationSample().lookUp(iterations)
            }
        } catch {
            preconditionFailure("the input of a micro-benchmark is broken: \(error)")
        }
    }

    /// One body of `POST /tokens`, validated.
    private static func scan(_ iterations: Int) throws -> Int {
        let request = Sample.request
        var scanner = JSONScanner()
        var members = 0
        for _ in 0..<iterations {
            try scanner.scanObject(request.span, maximumDepth: 18)
            members += scanner.members.count
        }
        return members
    }

    /// One HS256 token, from claims already written.
    private static func sign(_ iterations: Int) throws -> Int {
        let claims = Sample.claims
        let key = try Sample.key()
        let header = key.headerSegment(typ: TokenType.ws.rawValue)
        var token: [UInt8] = []
        var length = 0
        for _ in 0..<iterations {
            token.removeAll(keepingCapacity: true)
            try key.appendToken(headerSegment: header, payload: claims.span, to: &token)
            length += token.count
        }
        return length
    }

    /// One HS256 token as a verifier meets it: cut, its header compared, its signature checked, its claims decoded.
    private static func verify(_ iterations: Int) throws -> Int {
        let claims = Sample.claims
        let key = try Sample.key()
        var token: [UInt8] = []
        let header = key.headerSegment(typ: TokenType.ws.rawValue)
        try key.appendToken(headerSegment: header, payload: claims.span, to: &token)
        var payload: [UInt8] = []
        var good = 0
        for _ in 0..<iterations {
            payload.removeAll(keepingCapacity: true)
            guard let parts = TokenSegments(token.span), token.span.extracting(parts.header).equals(header.span),
                key.verify(token.span, parts), Base64URL.decode(token.span.extracting(parts.payload), into: &payload)
            else { preconditionFailure("a genuine token was refused") }
            good += payload.count
        }
        return good
    }

    /// One token of unknown origin read with all its checks of form, as for a header this server did not write.
    private static func parse(_ iterations: Int) throws -> Int {
        let claims = Sample.claims
        let key = try Sample.key()
        var token: [UInt8] = []
        let header = key.headerSegment(typ: TokenType.ws.rawValue)
        try key.appendToken(headerSegment: header, payload: claims.span, to: &token)
        var payload: [UInt8] = []
        for _ in 0..<iterations {
            payload.removeAll(keepingCapacity: true)
            _ = try UnverifiedToken(token.span, payload: &payload)
        }
        return payload.count
    }

    /// One request decided under a rate limit.
    private static func gcra(_ iterations: Int) -> Int {
        let limiter = RateLimiter()
        let limit = RateLimit(rate: 1_000, burst: 100)
        var allowed = 0
        for turn in 0..<iterations where limiter.spend(limit, now: Int64(turn) * 500_000).isAllowed { allowed += 1 }
        return allowed
    }

    /// One API key: form and checksum, look-up among 1,000, comparison of the secret's hash.
    private static func keyLookup(_ iterations: Int) -> Int {
        let prefix = "chatsdk"
        var known = BoundedCache<APIKey.ID, Digest>(capacity: 10_000)
        var texts: [[UInt8]] = []
        for _ in 0..<1_000 {
            let secret = APIKey.Secret(prefix: prefix, world: Sample.world)
            known.insert(secret.hash, for: secret.id)
            texts.append(Array(secret.revealOnce().utf8))
        }
        let prefixBytes = Array(prefix.utf8)
        var found = 0
        for turn in 0..<iterations {
            let text = texts[turn % texts.count]
            guard let given = APIKey.Text(text.span, prefix: prefixBytes),
                let hash = known.value(given.id), hash.constantTimeEquals(given.secretHash)
            else { preconditionFailure("a genuine key was refused") }
            found += 1
        }
        return found
    }
}
