internal import Synchronization
internal import Tokens

/// Those whose reports of keys found in the open are believed, known by the public keys they sign with.
///
/// Their keys come as GitHub publishes them: `{"public_keys":[{"key_identifier","key"}]}`, P-256 in PEM.
package final class LeakReporters: Sendable {
    private struct State {
        var keys: [String: SigningKey] = [:]
        /// When the keys were last asked for, in nanoseconds of the monotonic clock; nil: never.
        var askedAt: Int64?
    }

    private let state = Mutex(State())
    private let fetch: @Sendable () -> [UInt8]?
    private let world: World

    /// Seconds after which the keys are asked for again: at most so often because of a key that is not known, and at
    /// least so often since one may have been taken back.
    private static let patience: (unknown: Int64, known: Int64) = (60, 3_600)

    /// Those whose keys are in a document.
    ///
    /// - Parameters:
    ///   - world: the clock.
    ///   - fetch: brings the document; nil where it cannot be had now. It may block.
    package init(world: World, fetch: @escaping @Sendable () -> [UInt8]?) {
        self.world = world
        self.fetch = fetch
    }

    /// Whether the message was signed by one of them; blocks while keys are fetched.
    ///
    /// - Parameters:
    ///   - message: the body as it came.
    ///   - signature: ECDSA with SHA-256 in DER, base64.
    ///   - identifier: which key signed.
    /// - Returns: false also where the keys cannot be had.
    package func vouch(for message: Span<UInt8>, signature: String, by identifier: String) -> Bool {
        guard let signature = Base64.decode(signature), let key = key(identifier) else { return false }
        return key.verify(der: signature, of: message)
    }

    private func key(_ identifier: String) -> SigningKey? {
        let now = world.monotonicNanoseconds()
        let (known, isDue) = state.withLock { state in
            let known = state.keys[identifier]
            let patience = known == nil ? Self.patience.unknown : Self.patience.known
            let isDue = state.askedAt.map { now - $0 >= patience * 1_000_000_000 } ?? true
            if isDue { state.askedAt = now }
            return (known, isDue)
        }
        guard isDue, let keys = fetch().flatMap(Self.keys) else { return known }
        return state.withLock { state in
            state.keys = keys
            return keys[identifier]
        }
    }

    /// The keys of a document, without those of other kinds; nil where it is none.
    private static func keys(in document: [UInt8]) -> [String: SigningKey]? {
        guard let json = try? JSON.parse(document.span, maximumDepth: 8), let entries = json["public_keys"]?.array
        else { return nil }
        var keys: [String: SigningKey] = [:]
        for entry in entries {
            guard let identifier = entry["key_identifier"]?.string, let pem = entry["key"]?.string else { continue }
            keys[identifier] = try? SigningKey(publicPEM: pem, kid: identifier)
        }
        return keys
    }
}
