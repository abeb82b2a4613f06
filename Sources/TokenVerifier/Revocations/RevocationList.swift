internal import Synchronization
internal import Tokens

/// What has been revoked, as far as the feed has told: 50 to 90 bytes an entry, however long its subject is.
final class RevocationList: Sendable {
    /// One entry of the feed.
    struct Entry {
        let kind: String
        let subject: String
        /// Grants born before this are void, in milliseconds since 1970.
        let before: Int64
        /// Seconds since 1970 after which nothing is alive that the entry could match.
        let expires: Int64
    }

    /// What tokens can have in common; the raw values are those of the feed.
    private enum Kind: String, CaseIterable {
        case grant, user, userHash = "user_hash", apiKey = "api_key", signingKey = "signing_key", label, tenant

        /// What the entry's subject would be if it matched the token; nil where none could.
        func subject(_ token: VerifiedToken) -> String? {
            switch self {
            case .grant: token.grantID
            case .user: token.userID
            case .userHash: RevocationList.hash(of: token.userID, tenant: token.tenant)
            case .apiKey: token.apiKeyID
            case .signingKey: token.keyID
            case .label: token.label
            case .tenant: ""
            }
        }
    }

    /// The first 128 bits of the SHA-256 of tenant, kind and subject, which are compared byte by byte that way.
    private struct Mark: Hashable {
        var high: UInt64 = 0, low: UInt64 = 0

        init(_ tenant: String, _ kind: Kind, _ subject: String) {
            // Neither of the first two has a line feed in it.
            let text = Array("\(tenant)\n\(kind.rawValue)\n\(subject)".utf8)
            for (index, byte) in SHA256.digest(text.span).bytes.prefix(16).enumerated() {
                if index < 8 { high = high << 8 | UInt64(byte) } else { low = low << 8 | UInt64(byte) }
            }
        }
    }

    private struct Cut {
        var before: Int64
        var expires: Int64
    }

    private struct State {
        var cuts: [Mark: Cut] = [:]
        /// Kinds that have had entries: no others need to be looked for.
        var kinds: Set<Kind> = []
        var listeners: [Int: AsyncStream<Void>.Continuation] = [:]
        var nextListener = 0
    }

    private static let mostEntries = 10_000_000
    private let state = Mutex(State())

    /// Takes in entries of a tenant, again if need be; false where there are too many to hold.
    ///
    /// An entry of a kind that is not known here may mean any token: it counts as one for the whole tenant.
    func add(_ entries: [Entry], of tenant: String) -> Bool {
        guard !entries.isEmpty else { return true }
        let (fits, listeners) = state.withLock { state in
            for entry in entries {
                let kind = Kind(rawValue: entry.kind)
                let mark = Mark(tenant, kind ?? .tenant, kind == nil ? "" : entry.subject)
                let cut = Cut(before: kind == nil ? .max : entry.before, expires: entry.expires)
                state.kinds.insert(kind ?? .tenant)
                guard let old = state.cuts[mark] else {
                    guard state.cuts.count < Self.mostEntries else { return (false, state.listeners) }
                    state.cuts[mark] = cut
                    continue
                }
                state.cuts[mark] = Cut(before: max(old.before, cut.before), expires: max(old.expires, cut.expires))
            }
            return (true, state.listeners)
        }
        for listener in listeners.values { listener.yield() }
        return fits
    }

    /// Whether an entry matches the token and its grant was born before the cut.
    func voids(_ token: VerifiedToken) -> Bool {
        let kinds = state.withLock { $0.kinds }
        guard !kinds.isEmpty else { return false }
        let marks = kinds.compactMap { kind in kind.subject(token).map { Mark(token.tenant, kind, $0) } }
        return state.withLock { state in
            marks.contains { mark in state.cuts[mark].map { token.bornAt < $0.before } ?? false }
        }
    }

    /// Forgets entries that nothing alive can match.
    func forget(before now: Int64) {
        state.withLock { state in state.cuts = state.cuts.filter { $0.value.expires >= now } }
    }

    /// One value whenever entries came, several entries as one where they come faster than they are looked at.
    func changes() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let name = state.withLock { state in
            state.nextListener += 1
            state.listeners[state.nextListener] = continuation
            return state.nextListener
        }
        continuation.onTermination = { _ in self.state.withLock { _ = $0.listeners.removeValue(forKey: name) } }
        return stream
    }

    /// How the feed names a user who was erased.
    private static func hash(of user: String, tenant: String) -> String {
        let digits = Array("0123456789abcdef".unicodeScalars)
        var text = String.UnicodeScalarView()
        for byte in SHA256.digest(Array("\(tenant)/\(user)".utf8).span).bytes.prefix(16) {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 0xF)])
        }
        return String(text)
    }
}
