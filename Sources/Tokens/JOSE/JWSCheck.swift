/// The door for conformance vectors: one JSON line in, `valid` or `invalid` out, through the verifier of the server.
///
/// A line is `{"alg","jwk","jws"}` or `{"alg","jwk","msg","sig"}` with hex, other members ignored. The algorithm comes
/// from the line and has to be the key's; the header of a `jws` may hold anything but has to name the same one.
package enum JWSCheck {
    /// `valid` or `invalid`; every line that cannot be read is `invalid`.
    package static func verdict(_ line: Span<UInt8>) -> String { isValid(line) ? "valid" : "invalid" }

    private static func isValid(_ line: Span<UInt8>) -> Bool {
        guard let vector = try? JSON.parse(line, maximumDepth: 16),
            let algorithm = vector["alg"]?.string.flatMap(SignatureAlgorithm.init),
            let jwk = vector["jwk"],
            let key = try? SigningKey(jwk: jwk, kid: "vector"), key.algorithm == algorithm
        else { return false }
        if let token = vector["jws"] {
            guard vector["msg"] == nil, vector["sig"] == nil, let text = token.string else { return false }
            return isValid(token: Array(text.utf8), key)
        }
        guard let message = vector["msg"]?.string.flatMap(bytes), let signature = vector["sig"]?.string.flatMap(bytes)
        else { return false }
        return key.verify(signature.span, of: message.span)
    }

    /// A compact JWS whose payload may be empty, unlike that of a token.
    private static func isValid(token: [UInt8], _ key: SigningKey) -> Bool {
        guard let (first, second) = TokenSegments.dots(token.span) else { return false }
        let segments = TokenSegments(first: first, second: second, end: token.count)
        var header: [UInt8] = []
        var payload: [UInt8] = []
        guard Base64URL.decode(token.span.extracting(segments.header), into: &header),
            Base64URL.decode(token.span.extracting(segments.payload), into: &payload),
            let members = try? JSON.parse(header.span, maximumDepth: 16),
            members["alg"]?.string == key.algorithm.rawValue
        else { return false }
        // RFC 7515 §4.1.11: no extension is understood here, so none may be critical; `b64` always is (RFC 7797 §6).
        guard members["crit"] == nil, members["b64"] == nil else { return false }
        // RFC 7515 §4.1.4: where there is a `kid`, it is a string.
        if let kid = members["kid"], kid.string == nil { return false }
        return key.verify(token.span, segments)
    }

    /// The bytes of a hex text of either case, or `nil`.
    private static func bytes(hex: String) -> [UInt8]? {
        let digits = hex.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return bytes
    }
}
