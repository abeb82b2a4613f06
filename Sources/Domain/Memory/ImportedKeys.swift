internal import Tokens

/// What is known in memory of keys that other systems issued: which texts may be such keys, and which are.
///
/// No checksum tells an invented one, so that three things keep a flood of them from the database: only texts with a
/// prefix that somebody imported are looked up, answers are remembered, and so many look-ups a second are the most.
struct ImportedKeys: Sendable {
    /// What a text turned out to be.
    enum Found {
        case key(APIKey.ID, Digest)
        case absent
        case unknown(Directory.Want)
        /// Too many unknown texts came at once; this one may be good, but not now.
        case refused
    }

    /// Nil: not asked since a key was last changed anywhere.
    private var prefixes: [[UInt8]]?
    private var ids: BoundedCache<Digest, APIKey.ID>
    private var absent: BoundedCache<Digest, Void>
    private let capacity: Int
    private let limiter = RateLimiter()

    /// The longest text that is looked at, in bytes.
    static let longest = 512
    /// Look-ups in the database for texts that were never seen; a burst, since all are new after a start.
    private static let lookups = RateLimit(rate: 50, burst: 1_000)

    init(capacity: Int) {
        self.capacity = capacity
        ids = BoundedCache(capacity: capacity)
        absent = BoundedCache(capacity: capacity)
    }

    /// What the text is, at the monotonic time `now`.
    mutating func find(_ text: Span<UInt8>, now: Int64) -> Found {
        guard text.count <= Self.longest else { return .absent }
        guard let prefixes else { return .unknown(.importedPrefixes) }
        guard prefixes.contains(where: { begins(text, with: $0) }) else { return .absent }
        let hash = SHA256.digest(text)
        if let id = ids.value(hash) { return .key(id, hash) }
        if absent.value(hash) != nil { return .absent }
        return limiter.spend(Self.lookups, now: now).isAllowed ? .unknown(.importedKey(hash)) : .refused
    }

    mutating func keep(_ prefixes: [String]) {
        self.prefixes = prefixes.map { Array($0.utf8) }
    }

    mutating func keep(_ id: APIKey.ID?, for hash: Digest) {
        if let id { ids.insert(id, for: hash) } else { absent.insert((), for: hash) }
    }

    /// A key changed, and may be one that was just imported; whose hash is whose never changes.
    mutating func forgetAbsent() {
        prefixes = nil
        guard absent.count > 0 else { return }
        absent = BoundedCache(capacity: capacity)
    }

    private func begins(_ text: Span<UInt8>, with prefix: [UInt8]) -> Bool {
        guard text.count > prefix.count else { return false }
        for index in prefix.indices where text[index] != prefix[index] { return false }
        return true
    }
}
