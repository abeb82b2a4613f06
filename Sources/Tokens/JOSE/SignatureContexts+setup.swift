internal import COpenSSL

extension SignatureContexts {
    /// A context ready to sign or to verify with `key`, or `nil` if libcrypto fails.
    static func make(
        _ key: LibcryptoKey, _ algorithm: SignatureAlgorithm, toSign: Bool
    ) -> OpaquePointer? {
        unsafe key.withPointer { pointer in
            if algorithm == .edDSA { return unsafe makeMessageContext(pointer, toSign) }
            guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, pointer, nil) else { return nil }
            let ready = unsafe (toSign ? EVP_PKEY_sign_init(context) : EVP_PKEY_verify_init(context)) == 1
            guard ready, unsafe algorithm != .rs256 || usesPKCS1(context) else {
                unsafe EVP_PKEY_CTX_free(context)
                return nil
            }
            return unsafe context
        }
    }

    private static func usesPKCS1(_ context: OpaquePointer) -> Bool {
        unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
            && EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1
    }

    private static func makeMessageContext(_ key: OpaquePointer?, _ toSign: Bool) -> OpaquePointer? {
        guard let context = unsafe EVP_MD_CTX_new() else { return nil }
        let ready =
            unsafe toSign
            ? EVP_DigestSignInit_ex(context, nil, nil, nil, nil, key, nil)
            : EVP_DigestVerifyInit_ex(context, nil, nil, nil, nil, key, nil)
        if ready == 1 { return unsafe context }
        unsafe EVP_MD_CTX_free(context)
        return nil
    }
}
