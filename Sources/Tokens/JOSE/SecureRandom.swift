internal import COpenSSL

/// Randomness for secrets, identifiers and nonces.
package enum SecureRandom {
    /// So many bytes of libcrypto's generator (NIST SP 800-90A, seeded by the kernel).
    ///
    /// One call for many bytes: the standard library's generator makes a system call for every eight.
    package static func bytes(_ count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            // Without randomness there is no safe way to go on; libcrypto fails here only on a broken system.
            guard unsafe RAND_bytes(buffer.baseAddress, Int32(count)) == 1 else { fatalError("no randomness") }
            initialized = count
        }
    }
}
