import Tokens

/// What the token says, read part by part without a thought for speed.
struct TokenReference {
    let algorithm: String
    let typ: String
    let kid: String
    let payload: [UInt8]
    let signingInput: [UInt8]

    init?(_ token: [UInt8]) {
        let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, !parts.contains(where: \.isEmpty) else { return nil }
        let decoded = parts.compactMap { Self.decoded($0) }
        guard decoded.count == 3 else { return nil }
        let json = decoded[0]
        guard let header = try? JSON.parse(json.span, maximumDepth: 8) else { return nil }
        guard let members = header.members, members.count == 3 else { return nil }
        guard let algorithm = header["alg"]?.string, let typ = header["typ"]?.string, let kid = header["kid"]?.string
        else { return nil }
        guard ["HS256", "ES256", "EdDSA", "RS256"].contains(algorithm) else { return nil }
        (self.algorithm, self.typ, self.kid) = (algorithm, typ, kid)
        payload = decoded[1]
        signingInput = Array(parts[0] + [UInt8(ascii: ".")] + parts[1])
    }

    /// RFC 4648 §5, bit by bit; nil if the text is not what encoding the result would give.
    private static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var bits: [Bool] = []
        for character in text {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            for shift in [5, 4, 3, 2, 1, 0] { bits.append(value >> shift & 1 == 1) }
        }
        let rest = bits.count % 8
        guard rest < 6, !bits.suffix(rest).contains(true) else { return nil }
        return (0..<bits.count / 8).map { byte in bits[byte * 8..<byte * 8 + 8].reduce(0) { $0 << 1 | ($1 ? 1 : 0) } }
    }

    /// The token that an input of the fuzz target stands for.
    ///
    /// Input that starts with a capital `J` holds header, payload and signature as plain bytes between null bytes, so
    /// that mutations reach the header instead of breaking base64url; any other input is the token itself.
    static func token(fromFuzzing input: [UInt8]) -> [UInt8] {
        guard input.first == UInt8(ascii: "J") else { return input }
        let parts = input.dropFirst().split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
        return Array(parts.map { Base64URL.encode(Array($0)) }.joined(separator: ".").utf8)
    }
}
