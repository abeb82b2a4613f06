internal import Synchronization
internal import Tokens

/// The key sets of tenants: read from memory, fetched by whoever drives ``requests()``.
///
/// Bounded whatever comes in: by the number of sets kept, of fetches under way, and of callers who wait for one.
final class KeyCache: Sendable {
    /// What is known about a key.
    enum Answer {
        case key(SigningKey)
        /// Not known, but a fetch may bring it.
        case fetchable
        /// Not known, and it was asked only just now.
        case absent
        /// The tenant's set could not be fetched yet, or not for too long.
        case unread
    }

    private struct Entry {
        var set = KeySet.empty
        var tag: String?
        /// Milliseconds of the clock at the last fetch that went well, at the last of all, and at the last use.
        var fetchedAt: Int64?, triedAt: Int64, usedAt: Int64
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var underWay: Set<String> = []
        var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]
        var waiters = 0
        var requests: AsyncStream<String>.Continuation?
    }

    private static let mostSets = 10_000, mostFetches = 64, mostWaiters = 10_000
    /// Milliseconds until a fetch that failed is tried again, and after which a set that nobody used is let go.
    private static let patience: Int64 = 10_000, forgetting: Int64 = 3_600_000

    private let settings: OfflineVerifier.Settings
    private let secrets: [String: KeySet]
    private let clock: VerifierClock
    private let state = Mutex(State())

    init(_ settings: OfflineVerifier.Settings, clock: VerifierClock) throws(OfflineVerifier.SettingsFailure) {
        var secrets: [String: KeySet] = [:]
        for (tenant, texts) in settings.secrets {
            guard let set = KeySet(secrets: texts) else { throw .secretUnfit(tenant: tenant) }
            secrets[tenant] = set
        }
        self.settings = settings
        self.secrets = secrets
        self.clock = clock
    }

    /// What is known about the tenant's key of this name.
    func key(_ kid: String, of tenant: String) -> Answer {
        if let key = secrets[tenant]?.keys[kid] { return .key(key) }
        let now = clock.milliseconds()
        return state.withLock { state in
            state.entries[tenant]?.usedAt = now
            let entry = state.entries[tenant]
            let age = entry?.fetchedAt.map { now - $0 }
            let isUsable = age.map { $0 <= settings.keysUsableFor.milliseconds } ?? false
            if isUsable, let key = entry?.set.keys[kid] { return .key(key) }
            let isOld = entry.map { now - $0.triedAt >= settings.minimumRefetchInterval.milliseconds } ?? true
            if state.requests != nil, isOld || state.underWay.contains(tenant) { return .fetchable }
            return isUsable ? .absent : .unread
        }
    }

    /// Whether there is any key of the tenant that could have signed something.
    func hasKeys(of tenant: String) -> Bool {
        secrets[tenant] != nil || state.withLock { $0.entries[tenant]?.set.keys.isEmpty == false }
    }

    /// Whether requests are served, and each of the tenants has a key set that may be used, or a secret.
    func isReady(for tenants: [String]) -> Bool {
        let now = clock.milliseconds()
        return state.withLock { state in
            state.requests != nil
                && tenants.allSatisfy { tenant in
                    let fetchedAt = state.entries[tenant]?.fetchedAt
                    return secrets[tenant] != nil
                        || fetchedAt.map { now - $0 <= settings.keysUsableFor.milliseconds } ?? false
                }
        }
    }

    /// Asks for a fetch of the tenant's set, unless there are too many.
    func request(_ tenant: String) {
        state.withLock { Self.request(tenant, &$0) }
    }

    private static func request(_ tenant: String, _ state: inout State) {
        guard let requests = state.requests, state.underWay.count < mostFetches,
            state.underWay.insert(tenant).inserted
        else { return }
        requests.yield(tenant)
    }

    /// Asks for a fetch and returns when it is over, or at once where none is possible.
    func fetched(_ tenant: String) async {
        await withCheckedContinuation { continuation in
            let isWaiting = state.withLock { state in
                Self.request(tenant, &state)
                guard state.underWay.contains(tenant), state.waiters < Self.mostWaiters else { return false }
                state.waiters += 1
                state.waiting[tenant, default: []].append(continuation)
                return true
            }
            if !isWaiting { continuation.resume() }
        }
    }

    /// Opens the cache for requests and returns them as they come; nil where they are being served already.
    func requests() -> AsyncStream<String>? {
        let (stream, continuation) = AsyncStream.makeStream(
            of: String.self, bufferingPolicy: .bufferingOldest(Self.mostFetches))
        return state.withLock { state in
            guard state.requests == nil else { return nil }
            state.requests = continuation
            return stream
        }
    }

    /// Ends what ``requests()`` began; whoever waits is let go.
    func close() {
        let waiting = state.withLock { state in
            state.requests?.finish()
            state.requests = nil
            state.underWay = []
            state.waiters = 0
            return exchange(&state.waiting, with: [:])
        }
        for continuation in waiting.values.joined() { continuation.resume() }
    }

    /// The entity tag of the tenant's set, for a conditional request.
    func tag(of tenant: String) -> String? {
        state.withLock { $0.entries[tenant]?.tag }
    }

    /// Takes in what a fetch brought: a new set with its tag, nil for the one that is there, or a failure.
    func finish(_ tenant: String, _ result: Result<(set: KeySet, tag: String?)?, FetchFailure>) {
        let now = clock.milliseconds()
        let waiting = state.withLock { state in
            var entry = state.entries[tenant] ?? Entry(fetchedAt: nil, triedAt: now, usedAt: now)
            entry.triedAt = now
            if case .success(let fetched) = result {
                entry.fetchedAt = now
                if let fetched { (entry.set, entry.tag) = fetched }
            }
            state.entries[tenant] = entry
            if state.entries.count > Self.mostSets { Self.evict(&state) }
            state.underWay.remove(tenant)
            let waiting = state.waiting.removeValue(forKey: tenant) ?? []
            state.waiters -= waiting.count
            return waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Lets the set go that is missed least: without keys before others, so that invented tenants displace nobody.
    private static func evict(_ state: inout State) {
        let least = state.entries.min { one, other in
            let isEmpty = (one.value.set.keys.isEmpty, other.value.set.keys.isEmpty)
            return isEmpty.0 != isEmpty.1 ? isEmpty.0 : one.value.usedAt < other.value.usedAt
        }
        if let least { state.entries[least.key] = nil }
    }

    /// Asks for the sets whose time has come, and forgets those that nobody asks for any more.
    func requestDue() {
        let now = clock.milliseconds()
        let listed = settings.listed
        state.withLock { state in
            if listed.isEmpty {
                state.entries = state.entries.filter { now - $0.value.usedAt < Self.forgetting }
            }
            for tenant in listed where state.entries[tenant] == nil { Self.request(tenant, &state) }
            for (tenant, entry) in state.entries {
                let hasFailed = entry.fetchedAt != entry.triedAt
                let interval = settings.refreshInterval.milliseconds
                if now - entry.triedAt >= (hasFailed ? min(interval, Self.patience) : interval) {
                    Self.request(tenant, &state)
                }
            }
        }
    }
}

private func exchange<Value>(_ value: inout Value, with other: Value) -> Value {
    let old = value
    value = other
    return old
}
