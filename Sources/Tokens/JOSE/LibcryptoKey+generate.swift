internal import COpenSSL

extension LibcryptoKey {
    /// A fresh pair from libcrypto's own generator; RSA has a modulus of `RSAModulus.minimumBits`.
    static func generate(_ algorithm: SignatureAlgorithm) throws(TokenFailure) -> LibcryptoKey {
        let types: [SignatureAlgorithm: String] = [.es256: "EC", .edDSA: "ED25519", .rs256: "RSA"]
        guard let type = types[algorithm], let context = unsafe EVP_PKEY_CTX_new_from_name(nil, type, nil) else {
            throw .cryptographyUnavailable
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        guard unsafe EVP_PKEY_keygen_init(context) == 1, unsafe setSize(context, algorithm) else {
            throw .cryptographyUnavailable
        }
        var key: OpaquePointer?
        guard unsafe EVP_PKEY_generate(context, &key) == 1, let key = unsafe key else { throw .cryptographyUnavailable }
        return unsafe LibcryptoKey(owning: key, isPrivate: true)
    }

    private static func setSize(_ context: OpaquePointer, _ algorithm: SignatureAlgorithm) -> Bool {
        switch algorithm {
        case .es256: unsafe EVP_PKEY_CTX_set_group_name(context, "P-256") == 1
        case .rs256: unsafe EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(RSAModulus.minimumBits)) == 1
        case .edDSA, .hs256: true
        }
    }

    /// The numbers of a pair made by `generate`.
    func material(_ algorithm: SignatureAlgorithm) throws(TokenFailure) -> KeyMaterial {
        let shape = JWKShape.of(algorithm)
        let publicParts = algorithm == .edDSA ? [rawPublicKey()] : shape.publicNames.map { part($0, algorithm) }
        let privateParts = algorithm == .edDSA ? [rawPrivateKey()] : shape.privateNames.map { part($0, algorithm) }
        let found = (publicParts.compactMap(\.self), privateParts.compactMap(\.self))
        guard found.0.count == publicParts.count, found.1.count == privateParts.count else {
            throw .cryptographyUnavailable
        }
        return KeyMaterial(algorithm: algorithm, publicParts: found.0, privateParts: found.1)
    }

    /// The number that a JWK calls `name`, at the length JWK wants.
    private func part(_ name: String, _ algorithm: SignatureAlgorithm) -> [UInt8]? {
        let names = [
            "x": "qx", "y": "qy", "n": "n", "e": "e", "p": "rsa-factor1", "q": "rsa-factor2",
            "dp": "rsa-exponent1", "dq": "rsa-exponent2", "qi": "rsa-coefficient1",
            "d": algorithm == .es256 ? "priv" : "d",
        ]
        guard let bytes = names[name].flatMap(number) else { return nil }
        let missing = (JWKShape.of(algorithm).fixedBytes ?? bytes.count) - bytes.count
        return [UInt8](repeating: 0, count: max(0, missing)) + bytes
    }

    func rawPublicKey() -> [UInt8]? {
        unsafe raw { unsafe EVP_PKEY_get_raw_public_key($0, $1, $2) }
    }

    private func rawPrivateKey() -> [UInt8]? {
        unsafe raw { unsafe EVP_PKEY_get_raw_private_key($0, $1, $2) }
    }

    private func raw(
        _ read: (OpaquePointer?, UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<Int>) -> Int32
    ) -> [UInt8]? {
        unsafe withPointer { key in
            var bytes = [UInt8](repeating: 0, count: 32)
            var count = bytes.count
            return unsafe read(key, &bytes, &count) == 1 && count == 32 ? bytes : nil
        }
    }
}
