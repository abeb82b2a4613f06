extension SigningKey {
    /// Which half of a key a JWK is to hold.
    package enum Part: Sendable {
        case `public`
        case `private`
    }

    /// A new key for `algorithm`, with its private part.
    ///
    /// HS256 takes 32 secret bytes and, unless a `kid` is given, 16 more for a random one from `randomBytes` (a `kid`
    /// computed from a secret would let anybody test guesses of it). The pairs of the other algorithms come from
    /// libcrypto's generator and are named by their RFC 7638 thumbprint; RSA has 2,048 bits. No `kid` made here begins
    /// with a hyphen.
    package static func generate(
        _ algorithm: SignatureAlgorithm, kid: String? = nil, randomBytes: (Int) -> [UInt8]
    ) throws(TokenFailure) -> SigningKey {
        if algorithm == .hs256 {
            // The 256 random bits are spelt out in ASCII: gateways such as Centrifugo and HAProxy take the secret as
            // text, and raw bytes with a NUL or a quote among them could not be handed over.
            let secret = Array(Base64URL.encode(randomBytes(32)).utf8)
            var material = KeyMaterial(algorithm: .hs256, publicParts: [], privateParts: [secret])
            defer { material.wipePrivateParts() }
            try KeyMaterial.checkSecret(material.privateParts?.first ?? [])
            return try SigningKey(material, nil, kid: kid ?? freshKID(randomBytes))
        }
        while true {
            let key = try LibcryptoKey.generate(algorithm)
            var material = try key.material(algorithm)
            defer { material.wipePrivateParts() }
            let name = kid ?? material.thumbprint
            if kid != nil || !name.hasPrefix("-") { return try SigningKey(material, key, kid: name) }
        }
    }

    /// A name without a leading hyphen: command lines and HAProxy would take it for an option.
    private static func freshKID(_ randomBytes: (Int) -> [UInt8]) -> String {
        while true {
            let name = Base64URL.encode(randomBytes(16))
            if !name.hasPrefix("-") { return name }
        }
    }

    /// The key of a JWK from outside (RFC 7517), public or private, checked in full.
    ///
    /// Refused, as `keyRefused`: other types and curves, an `alg`, `use` or `key_ops` that does not fit, missing or
    /// wrongly encoded members, weak or oversized keys, points off the curve, halves that do not belong together.
    /// `kid` replaces the JWK's own; without either, the thumbprint is taken, and an HS256 key is refused. Other
    /// members are ignored (RFC 7517 §4). A private RSA key takes some hundred milliseconds.
    package convenience init(jwk: JSON, kid: String? = nil) throws(TokenFailure) {
        try self.init(jwk: jwk, kid: kid, checked: true)
    }

    /// The key that `secretBytes` was made of; from our own sealed storage only, as its numbers are not checked again.
    package convenience init(secretBytes: [UInt8]) throws(TokenFailure) {
        guard let jwk = try? JSON.parse(secretBytes.span, maximumDepth: 4) else { throw .keyRefused(.notAnObject) }
        try self.init(jwk: jwk, kid: nil, checked: false)
    }

    private convenience init(jwk: JSON, kid: String?, checked: Bool) throws(TokenFailure) {
        var material = try KeyMaterial(jwk: jwk)
        defer { material.wipePrivateParts() }
        let key = material.algorithm == .hs256 ? nil : try LibcryptoKey.make(material, checked: checked)
        if let kid {
            try self.init(material, key, kid: kid)
        } else if let named = jwk["kid"] {
            guard let name = named.string else { throw .keyRefused(.kidUnfit) }
            try self.init(material, key, kid: name)
        } else {
            guard material.algorithm.isAsymmetric else { throw .keyRefused(.memberMissing) }
            try self.init(material, key, kid: material.thumbprint)
        }
    }

    /// The key as a JWK text with its members always in the same order, or `nil` if it has no such part.
    ///
    /// There is no public part of an HS256 key, and no private part of a key made from a public JWK.
    package func jwk(_ part: Part) -> String? {
        let name = "\"kid\":\"\(kid)\",\"use\":\"sig\",\"alg\":\"\(algorithm.rawValue)\""
        switch part {
        case .public:
            return algorithm.isAsymmetric ? "{\(publicMembers),\(name)}" : nil
        case .private:
            guard let secret = privateMembers?.withBytes({ String(copying: $0) }) else { return nil }
            return "{\(publicMembers),\(secret),\(name)}"
        }
    }

    /// What to seal in storage, for `init(secretBytes:)`: the private JWK.
    ///
    /// Throws `privatePartMissing` for a public key.
    package func secretBytes() throws(TokenFailure) -> [UInt8] {
        guard let text = jwk(.private) else { throw .privatePartMissing }
        return Array(text.utf8)
    }
}
