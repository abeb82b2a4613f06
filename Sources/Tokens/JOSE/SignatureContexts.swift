internal import COpenSSL

/// Initialised libcrypto contexts of one key for one thread at a time; made on first use, freed with their owner.
///
/// Setting a context up costs as much as an ECDSA signature, so it is done once. ES256 and RS256 hash here and sign the
/// digest, for which one context serves again and again; Ed25519 takes the whole message (RFC 8032 §5.1), and its
/// context is set back before each use, as newer releases of libcrypto let it serve once only.
@safe
struct SignatureContexts: ~Copyable {
    private var signing: OpaquePointer?
    private var verifying: OpaquePointer?
    private var isMessageSigner = false

    init() {}

    deinit {
        unsafe SignatureContexts.free(signing, isMessageSigner)
        unsafe SignatureContexts.free(verifying, isMessageSigner)
    }

    private static func free(_ context: OpaquePointer?, _ isMessageSigner: Bool) {
        unsafe isMessageSigner ? EVP_MD_CTX_free(context) : EVP_PKEY_CTX_free(context)
    }

    /// Appends libcrypto's signature (DER for ECDSA) of at most `limit` bytes to `out`.
    mutating func sign(
        _ input: Span<UInt8>, _ key: LibcryptoKey, _ algorithm: SignatureAlgorithm, _ limit: Int,
        appendingTo out: inout [UInt8]
    ) -> Bool {
        isMessageSigner = algorithm == .edDSA
        if unsafe signing == nil { unsafe signing = Self.make(key, algorithm, toSign: true) }
        guard let context = unsafe signing else { return false }
        var done = false
        out.append(addingCapacity: limit) { output in
            unsafe output.withUnsafeMutableBufferPointer { target, initialized in
                var length = target.count
                done = unsafe Self.sign(context, algorithm, input, target.baseAddress, &length)
                initialized = done ? length : 0
            }
        }
        if !done { ERR_clear_error() }
        return done
    }

    private static func sign(
        _ context: OpaquePointer, _ algorithm: SignatureAlgorithm, _ input: Span<UInt8>,
        _ target: UnsafeMutablePointer<UInt8>?, _ length: inout Int
    ) -> Bool {
        if algorithm == .edDSA {
            return unsafe input.withUnsafeBufferPointer { message in
                unsafe EVP_DigestSignInit_ex(context, nil, nil, nil, nil, nil, nil) == 1
                    && EVP_DigestSign(context, target, &length, message.baseAddress, message.count) == 1
            }
        }
        return SHA256.digest(input).withBytes { digest in
            unsafe digest.withUnsafeBufferPointer {
                unsafe EVP_PKEY_sign(context, target, &length, $0.baseAddress, $0.count) == 1
            }
        }
    }

    /// Whether `signature` (DER for ECDSA) is the key's over `input`.
    mutating func verify(
        _ signature: Span<UInt8>, _ input: Span<UInt8>, _ key: LibcryptoKey, _ algorithm: SignatureAlgorithm
    ) -> Bool {
        isMessageSigner = algorithm == .edDSA
        if unsafe verifying == nil { unsafe verifying = Self.make(key, algorithm, toSign: false) }
        guard let context = unsafe verifying else { return false }
        let valid = unsafe signature.withUnsafeBufferPointer { unsafe Self.verify(context, algorithm, $0, input) }
        if !valid { ERR_clear_error() }
        return valid
    }

    private static func verify(
        _ context: OpaquePointer, _ algorithm: SignatureAlgorithm,
        _ signature: UnsafeBufferPointer<UInt8>, _ input: Span<UInt8>
    ) -> Bool {
        if algorithm == .edDSA {
            return unsafe input.withUnsafeBufferPointer { message in
                unsafe EVP_DigestVerifyInit_ex(context, nil, nil, nil, nil, nil, nil) == 1
                    && EVP_DigestVerify(
                        context, signature.baseAddress, signature.count, message.baseAddress, message.count) == 1
            }
        }
        return SHA256.digest(input).withBytes { digest in
            unsafe digest.withUnsafeBufferPointer {
                unsafe EVP_PKEY_verify(context, signature.baseAddress, signature.count, $0.baseAddress, $0.count) == 1
            }
        }
    }
}
