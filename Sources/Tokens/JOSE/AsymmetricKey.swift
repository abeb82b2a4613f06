import Synchronization

/// A key pair, or its public half, that any number of threads may use at once without waiting for each other.
final class AsymmetricKey: Sendable {
    /// As many threads as can sign at the same time.
    ///
    /// One more waits. Contexts are made only for slots in use.
    private static let slotCount = 16

    private final class Slot: Sendable {
        let contexts = Mutex(SignatureContexts())
    }

    let key: LibcryptoKey
    let algorithm: SignatureAlgorithm
    private let maximumBytes: Int
    private let slots = (0..<slotCount).map { _ in Slot() }

    /// A key for ES256, EdDSA or RS256; `maximumBytes` is the length of the longest signature libcrypto makes with it.
    init(key: LibcryptoKey, algorithm: SignatureAlgorithm, maximumBytes: Int) {
        self.key = key
        self.algorithm = algorithm
        self.maximumBytes = maximumBytes
    }

    /// Appends the JOSE signature of `input`; `false` if there is no private part or libcrypto failed.
    func sign(_ input: Span<UInt8>, appendingTo out: inout [UInt8]) -> Bool {
        guard key.isPrivate else { return false }
        guard algorithm == .es256 else { return signAsLibcrypto(input, appendingTo: &out) }
        let start = out.count
        return signAsLibcrypto(input, appendingTo: &out) && ECDSASignature.makeRaw(&out, from: start)
    }

    private func signAsLibcrypto(_ input: Span<UInt8>, appendingTo out: inout [UInt8]) -> Bool {
        for slot in slots {
            let done = slot.contexts.withLockIfAvailable {
                $0.sign(input, key, algorithm, maximumBytes, appendingTo: &out)
            }
            if let done { return done }
        }
        return slots[0].contexts.withLock { $0.sign(input, key, algorithm, maximumBytes, appendingTo: &out) }
    }

    /// Whether `signature` is this key's JOSE signature of `input`; any wrong length is `false`.
    func verify(_ signature: Span<UInt8>, of input: Span<UInt8>) -> Bool {
        switch algorithm {
        case .hs256: false
        case .es256: ECDSASignature.withDER(signature) { verifyAsLibcrypto($0, input) } ?? false
        case .edDSA, .rs256: verifyAsLibcrypto(signature, input)
        }
    }

    private func verifyAsLibcrypto(_ signature: Span<UInt8>, _ input: Span<UInt8>) -> Bool {
        for slot in slots {
            let valid = slot.contexts.withLockIfAvailable { $0.verify(signature, input, key, algorithm) }
            if let valid { return valid }
        }
        return slots[0].contexts.withLock { $0.verify(signature, input, key, algorithm) }
    }
}
