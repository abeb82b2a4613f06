internal import COpenSSL

/// A kept HMAC-SHA-256 key (RFC 2104): the two hash states after its padded blocks, so that a call hashes only its
/// input.
///
/// Lock-free and the same for every thread; a call copies a state of 112 bytes.
final class HMACKey: Sendable {
    /// Secrets longer than this are refused: a longer one adds no strength.
    static let maximumSecretBytes = 1024

    private let states: SecretBytes

    init(secret: [UInt8]) throws(TokenFailure) {
        var block = [UInt8](repeating: 0, count: Int(SHA256_CBLOCK))
        let key = secret.count > block.count ? SHA256.digest(secret.span).bytes : secret
        for index in key.indices { block[index] = key[index] }
        for index in block.indices { block[index] ^= 0x36 }
        var pair = (SHA256.state(after: block), SHA256_CTX())
        for index in block.indices { block[index] ^= 0x36 ^ 0x5C }
        pair.1 = SHA256.state(after: block)
        wipe(&block)
        defer { unsafe withUnsafeMutableBytes(of: &pair) { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) } }
        states = try HMACKey.keep(pair)
    }

    private static func keep(_ pair: (SHA256_CTX, SHA256_CTX)) throws(TokenFailure) -> SecretBytes {
        try unsafe withUnsafeBytes(of: pair) { raw throws(TokenFailure) in
            try unsafe SecretBytes(copying: Span(_unsafeBytes: raw))
        }
    }

    /// The authentication code of `input`.
    func code(of input: Span<UInt8>) -> Digest {
        let inner = SHA256.finish(states.load(at: 0, as: SHA256_CTX.self), after: input)
        let outer = states.load(at: MemoryLayout<SHA256_CTX>.stride, as: SHA256_CTX.self)
        return inner.withBytes { SHA256.finish(outer, after: $0) }
    }
}
