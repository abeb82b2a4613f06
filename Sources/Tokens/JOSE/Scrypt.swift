internal import COpenSSL

/// scrypt (RFC 7914): a hash of passwords that is dear to compute, in time and in memory.
package enum Scrypt {
    /// What a hash costs.
    package struct Cost: Sendable, Equatable {
        /// The binary logarithm of N, from 10 to 20: each step doubles time and memory.
        package let logN: Int
        /// The block size, from 1 to 32, and how often the whole is done, from 1 to 16.
        package let r: Int, p: Int

        /// A cost, or nil where a number is out of its range.
        package init?(logN: Int, r: Int, p: Int) {
            guard (10...20).contains(logN), (1...32).contains(r), (1...16).contains(p) else { return nil }
            self.init(checked: logN, r, p)
        }

        private init(checked logN: Int, _ r: Int, _ p: Int) {
            self.logN = logN
            self.r = r
            self.p = p
        }

        /// N=2^15, r=8, p=3: one of the equally strong minima that OWASP names, and of those the one that takes no
        /// more than 32 MiB.
        package static let standard = Cost(checked: 15, 8, 3)
        /// A cost for tests: no protection at all.
        package static let unsafelyCheap = Cost(checked: 10, 1, 1)
    }

    /// The length of a hash in bytes.
    package static let byteCount = 32

    /// The hash of a password; takes tenths of a second and tens of MiB, so never call it on an event loop.
    package static func hash(_ password: [UInt8], salt: [UInt8], cost: Cost) throws(TokenFailure) -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: byteCount)
        // RFC 7914 §2 needs 128·r·(N + p) bytes; libcrypto adds a little of its own.
        let memory = UInt64(128 * cost.r) * UInt64(1 << cost.logN + cost.p + 4) + 1_048_576
        let done = unsafe password.withUnsafeBytes { bytes in
            unsafe EVP_PBE_scrypt(
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, salt, salt.count,
                1 << UInt64(cost.logN), UInt64(cost.r), UInt64(cost.p), memory, &hash, hash.count)
        }
        guard done == 1 else { throw .cryptographyUnavailable }
        return hash
    }
}
