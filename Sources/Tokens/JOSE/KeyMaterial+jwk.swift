extension KeyMaterial {
    /// Reads the numbers of a JWK, public or private, refusing whatever is not exactly one of our keys.
    ///
    /// This checks form only; whether the numbers are a key is for `LibcryptoKey`.
    init(jwk: JSON) throws(TokenFailure) {
        guard jwk.members != nil else { throw .keyRefused(.notAnObject) }
        algorithm = try Self.algorithm(of: jwk)
        try Self.checkUse(of: jwk)
        let shape = JWKShape.of(algorithm)
        publicParts = try Self.parts(shape.publicNames, of: jwk, shape)
        let isPrivate = shape.privateNames.contains { jwk[$0] != nil }
        privateParts = isPrivate ? try Self.parts(shape.privateNames, of: jwk, shape) : nil
        guard !publicParts.isEmpty || isPrivate else { throw .keyRefused(.memberMissing) }
        try checkStrength()
    }

    /// The one algorithm that this type of key has here; a JWK may name it but not choose another.
    private static func algorithm(of jwk: JSON) throws(TokenFailure) -> SignatureAlgorithm {
        guard let type = jwk["kty"]?.string else { throw .keyRefused(.memberMissing) }
        let found = SignatureAlgorithm.allCases.first { JWKShape.of($0).keyType == type }
        guard let found, jwk["oth"] == nil else { throw .keyRefused(.typeUnsupported) }
        if let curve = JWKShape.of(found).curve {
            guard let named = jwk["crv"]?.string else { throw .keyRefused(.memberMissing) }
            guard named == curve else { throw .keyRefused(.typeUnsupported) }
        }
        guard let named = jwk["alg"] else { return found }
        guard named.string == found.rawValue else { throw .keyRefused(.algorithmMismatch) }
        return found
    }

    private static func checkUse(of jwk: JSON) throws(TokenFailure) {
        if let use = jwk["use"], use.string != "sig" { throw .keyRefused(.useMismatch) }
        guard let operations = jwk["key_ops"] else { return }
        let names = operations.array?.map(\.string) ?? []
        guard names.contains("sign") || names.contains("verify") else { throw .keyRefused(.useMismatch) }
    }

    private static func parts(
        _ names: [String], of jwk: JSON, _ shape: JWKShape
    ) throws(TokenFailure) -> [[UInt8]] {
        var parts: [[UInt8]] = []
        for name in names {
            guard let text = jwk[name]?.string else { throw .keyRefused(.memberMissing) }
            guard let bytes = Base64URL.decode(text), shape.fixedBytes.map({ bytes.count == $0 }) ?? true else {
                throw .keyRefused(.memberEncoding)
            }
            parts.append(bytes)
        }
        return parts
    }

    private func checkStrength() throws(TokenFailure) {
        switch algorithm {
        case .es256, .edDSA: return
        case .hs256: try Self.checkSecret(privateParts?.first ?? [])
        case .rs256:
            // RFC 7518 §2: the fewest bytes that hold the number.
            guard (publicParts + (privateParts ?? [])).allSatisfy({ ($0.first ?? 0) != 0 }) else {
                throw .keyRefused(.memberEncoding)
            }
            try Self.checkRSA(modulus: publicParts[0], exponent: publicParts[1])
            // An endless factor would keep the prime test busy for as long as a caller likes.
            guard (privateParts ?? []).allSatisfy({ $0.count <= publicParts[0].count }) else {
                throw .keyRefused(.tooLarge)
            }
        }
    }

    static func checkSecret(_ secret: [UInt8]) throws(TokenFailure) {
        guard secret.count >= 32 else { throw .keyRefused(.tooWeak) }
        guard secret.count <= HMACKey.maximumSecretBytes else { throw .keyRefused(.tooLarge) }
    }

    /// The public exponent is held to FIPS 186-5 §A.1.1 (odd, over 2^16) and to 64 bits, beyond which libcrypto stops.
    private static func checkRSA(modulus: [UInt8], exponent: [UInt8]) throws(TokenFailure) {
        let bits = modulus.count * 8 - (modulus.first?.leadingZeroBitCount ?? 0)
        guard bits >= RSAModulus.minimumBits else { throw .keyRefused(.tooWeak) }
        guard bits <= RSAModulus.maximumBits, exponent.count <= 8 else { throw .keyRefused(.tooLarge) }
        let value = exponent.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard value > 65536, value & 1 == 1 else { throw .keyRefused(.tooWeak) }
    }
}
