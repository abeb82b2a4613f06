internal import COpenSSL

extension LibcryptoKey {
    /// The key of these numbers; refused if libcrypto cannot make one of them.
    ///
    /// With `checked`, the point has to be on its curve and the private part has to belong to the public one. A key
    /// from our own sealed storage may skip that: for RSA it tests primes.
    static func make(_ material: KeyMaterial, checked: Bool) throws(TokenFailure) -> LibcryptoKey {
        defer { ERR_clear_error() }
        if material.algorithm == .edDSA { return try makeEd25519(material) }
        guard var parameters = KeyParameters() else { throw .cryptographyUnavailable }
        guard parameters.fill(material) else { throw .cryptographyUnavailable }
        guard let key = unsafe parameters.makeKey(material) else { throw .keyRefused(.notAKey) }
        let made = unsafe LibcryptoKey(owning: key, isPrivate: material.privateParts != nil)
        guard !checked || made.isSound() else {
            throw .keyRefused(made.isPrivate ? .partsInconsistent : .notAKey)
        }
        return made
    }

    /// libcrypto takes any public half beside a private one, so it is derived here and compared.
    private static func makeEd25519(_ material: KeyMaterial) throws(TokenFailure) -> LibcryptoKey {
        let publicKey = material.publicParts[0]
        guard let seed = material.privateParts?.first else {
            let key = unsafe EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, publicKey, publicKey.count)
            guard let key = unsafe key else { throw .keyRefused(.notAKey) }
            return unsafe LibcryptoKey(owning: key, isPrivate: false)
        }
        let key = unsafe EVP_PKEY_new_raw_private_key_ex(nil, "ED25519", nil, seed, seed.count)
        guard let key = unsafe key else { throw .keyRefused(.notAKey) }
        let made = unsafe LibcryptoKey(owning: key, isPrivate: true)
        guard made.rawPublicKey() == publicKey else { throw .keyRefused(.partsInconsistent) }
        return made
    }
}
