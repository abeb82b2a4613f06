import Tokens

/// The tree of a JWK text.
func signingJWK(_ text: String) throws -> JSON {
    try JSON.parse(Array(text.utf8).span, maximumDepth: 8)
}

/// The key of a JWK text.
func signingKey(_ text: String, kid: String? = nil) throws -> SigningKey {
    try SigningKey(jwk: signingJWK(text), kid: kid)
}

/// A fresh key.
func freshKey(_ algorithm: SignatureAlgorithm, kid: String? = nil) throws -> SigningKey {
    try SigningKey.generate(algorithm, kid: kid, randomBytes: randomTestBytes)
}

/// So many random bytes.
func randomTestBytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255) }
}

extension SigningKey {
    /// The signature of a text.
    func signature(of text: String) throws -> [UInt8] {
        var signature: [UInt8] = []
        try sign(Array(text.utf8).span, appendingTo: &signature)
        return signature
    }

    /// Whether `signature` is that of a text.
    func accepts(_ signature: [UInt8], of text: String) -> Bool {
        verify(signature.span, of: Array(text.utf8).span)
    }

    /// Whether the signature of a whole token is this key's.
    func accepts(token: [UInt8]) -> Bool {
        guard let segments = TokenSegments(token.span) else { return false }
        return verify(token.span, segments)
    }

    /// A token of this key with any header and payload, as an attacker who has the key could write it.
    func token(header: String, payload: String = #"{"sub":"user-123"}"#) throws -> [UInt8] {
        let input = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(payload.utf8))
        return try Array((input + "." + Base64URL.encode(signature(of: input))).utf8)
    }
}
