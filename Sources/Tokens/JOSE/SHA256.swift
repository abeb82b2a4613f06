internal import COpenSSL

/// SHA-256 (FIPS 180-4) without looking an algorithm up by name, which is what makes OpenSSL 3's own calls slow.
package enum SHA256 {
    /// The digest of `bytes`; allocates nothing.
    package static func digest(_ bytes: Span<UInt8>) -> Digest {
        var state = SHA256_CTX()
        _ = unsafe SHA256_Init(&state)
        return finish(state, after: bytes)
    }

    /// Hashes `bytes` onto a half-finished state and finishes it; the state given stays as it is.
    static func finish(_ state: SHA256_CTX, after bytes: Span<UInt8>) -> Digest {
        var state = state
        _ = unsafe bytes.withUnsafeBytes { unsafe SHA256_Update(&state, $0.baseAddress, $0.count) }
        var digest = Digest()
        _ = unsafe withUnsafeMutableBytes(of: &digest) { raw in
            unsafe SHA256_Final(raw.baseAddress?.assumingMemoryBound(to: UInt8.self), &state)
        }
        return digest
    }

    /// A state that has taken in `block`.
    static func state(after block: [UInt8]) -> SHA256_CTX {
        var state = SHA256_CTX()
        _ = unsafe SHA256_Init(&state)
        _ = unsafe SHA256_Update(&state, block, block.count)
        return state
    }
}
