internal import Dispatch
internal import Synchronization
package import Tokens

/// Those whose reports of keys found in the open are believed, known by the public keys they sign with.
///
/// Their keys come as GitHub publishes them: `{"public_keys":[{"key_identifier","key"}]}`, P-256 in PEM.
package final class LeakReporters: Sendable {
    private struct State {
        var keys: [String: SigningKey] = [:]
        /// When the keys were last asked for, in nanoseconds of the monotonic clock; nil: never.
        var askedAt: Int64?
        /// Requests that wait for keys on their way, the one that sent for them included.
        var waiting = 0
    }

    /// What there is to do about a key.
    private enum Step {
        case answer(SigningKey?), fetch, wait
    }

    private let state = Mutex(State())
    private let fetch: @Sendable () -> [UInt8]?
    private let world: World
    /// Whoever publishes the keys may be slow; nothing else waits for him.
    private let thread = DispatchQueue(label: "chat-tokens.leak-reporters")

    /// Seconds after which the keys are asked for again: at most so often because of a key that is not known, and at
    /// least so often since one may have been taken back.
    private static let patience: (unknown: Int64, known: Int64) = (60, 3_600)
    /// The most requests that wait for keys on their way; each holds its body.
    private static let mostWaiting = 16

    /// Those whose keys are in a document.
    ///
    /// - Parameters:
    ///   - world: the clock.
    ///   - fetch: brings the document; nil where it cannot be had now. It may block, and has to end by itself.
    package init(world: World, fetch: @escaping @Sendable () -> [UInt8]?) {
        self.world = world
        self.fetch = fetch
    }

    /// The key that one of them signs with; nil also where it cannot be had.
    ///
    /// Waits while keys are fetched that may have it, on a thread of its own; where too many do so already, it is as if
    /// the key could not be had.
    package func key(_ identifier: String) async -> SigningKey? {
        let step = state.withLock { state in self.step(for: identifier, &state) }
        if case .answer(let key) = step { return key }
        return await withCheckedContinuation { continuation in
            thread.async { [self] in
                if case .fetch = step { load() }
                let key = state.withLock { state in
                    state.waiting -= 1
                    return state.keys[identifier]
                }
                continuation.resume(returning: key)
            }
        }
    }

    private func step(for identifier: String, _ state: inout State) -> Step {
        let now = world.monotonicNanoseconds()
        let known = state.keys[identifier]
        let patience = known == nil ? Self.patience.unknown : Self.patience.known
        if state.askedAt.map({ now - $0 >= patience * 1_000_000_000 }) ?? true {
            state.askedAt = now
            state.waiting += 1
            return .fetch
        }
        guard known == nil, (1..<Self.mostWaiting).contains(state.waiting) else { return .answer(known) }
        state.waiting += 1
        return .wait
    }

    private func load() {
        guard let keys = fetch().flatMap(Self.keys) else { return }
        state.withLock { $0.keys = keys }
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
