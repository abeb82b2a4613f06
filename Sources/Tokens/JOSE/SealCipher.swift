internal import COpenSSL

/// One run of AES-256-GCM over one message.
@safe
struct SealCipher: ~Copyable {
    private let context: OpaquePointer

    init() throws(TokenFailure) {
        guard let context = unsafe EVP_CIPHER_CTX_new() else { throw .cryptographyUnavailable }
        unsafe self.context = unsafe context
    }

    deinit { unsafe EVP_CIPHER_CTX_free(context) }

    /// Sets key, nonce of 12 bytes and direction.
    mutating func start(_ key: SecretBytes, nonce: Span<UInt8>, encrypts: Bool) throws(TokenFailure) {
        let ready = key.withBytes { key in
            unsafe key.withUnsafeBufferPointer { key in
                unsafe nonce.withUnsafeBufferPointer { nonce in
                    unsafe EVP_CipherInit_ex(
                        context, EVP_aes_256_gcm(), nil, key.baseAddress, nonce.baseAddress, encrypts ? 1 : 0)
                }
            }
        }
        guard ready == 1 else { throw .cryptographyUnavailable }
    }

    /// The other text of `input`, after authenticating `associated`; to be believed only once the tag has been checked.
    mutating func process(_ input: Span<UInt8>, context associated: [UInt8]) throws(TokenFailure) -> [UInt8] {
        var written: Int32 = 0
        if !associated.isEmpty {
            let done = unsafe EVP_CipherUpdate(context, nil, &written, associated, Int32(associated.count))
            guard done == 1 else { throw .cryptographyUnavailable }
        }
        var output = [UInt8](repeating: 0, count: input.count)
        guard !output.isEmpty else { return output }
        let done = unsafe input.withUnsafeBufferPointer { input in
            unsafe EVP_CipherUpdate(context, &output, &written, input.baseAddress, Int32(input.count))
        }
        guard done == 1, written == output.count else { throw .cryptographyUnavailable }
        return output
    }

    /// The tag of what was encrypted.
    mutating func finishedTag() -> [UInt8]? {
        var tag = [UInt8](repeating: 0, count: MasterKey.tagBytes)
        var written: Int32 = 0
        var rest: [UInt8] = [UInt8](repeating: 0, count: 16)
        let done =
            unsafe EVP_CipherFinal_ex(context, &rest, &written) == 1
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), &tag) == 1
        return done ? tag : nil
    }

    /// Whether `tag` is that of what was decrypted.
    mutating func accepts(tag: [UInt8]) -> Bool {
        var tag = tag
        var written: Int32 = 0
        var rest: [UInt8] = [UInt8](repeating: 0, count: 16)
        return unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1
            && EVP_CipherFinal_ex(context, &rest, &written) == 1
    }
}
