internal import COpenSSL

/// Whether both hold the same bytes, in a time that depends on their lengths only.
package func constantTimeEquals(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
    guard one.count == other.count else { return false }
    return unsafe one.withUnsafeBytes { one in
        unsafe other.withUnsafeBytes { unsafe CRYPTO_memcmp($0.baseAddress, one.baseAddress, one.count) == 0 }
    }
}

/// Overwrites bytes that held a secret; unlike a plain loop this is never optimised away.
func wipe(_ bytes: inout [UInt8]) {
    unsafe bytes.withUnsafeMutableBytes { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) }
}
