internal import Synchronization
package import Tokens

/// The keys and tenants in use, in memory and in step with the database.
///
/// Look-ups never block and never touch the database: what is not here is loaded by ``load(_:)`` on a storage thread,
/// after which the look-up is repeated. Unknown identifiers are remembered too, in a cache of their own, so that a
/// flood of invented keys can neither reach the database nor push out real ones.
package final class Directory: Sendable {
    /// The answer to a look-up.
    package enum Found<Value: Sendable>: Sendable {
        case present(Value)
        /// The database was asked and has no such thing.
        case absent
        /// Nobody asked yet: load, then look again.
        case unknown
    }

    /// What to fetch from the database.
    package enum Want: Sendable, Hashable {
        case apiKey(APIKey.ID)
        case tenant(Tenant.ID)
        /// What keys of other systems begin with.
        case importedPrefixes
        /// The key of another system with this hash.
        case importedKey(Digest)
    }

    private struct State {
        var keys: BoundedCache<APIKey.ID, HeldKey>
        var tenants: BoundedCache<Tenant.ID, TenantState>
        var limiters: BoundedCache<Tenant.ID, RateLimiter>
        var keyLimiters: BoundedCache<APIKey.ID, RateLimiter>
        var absent: BoundedCache<Want, Void>
        var imported: ImportedKeys
        /// Grows with every change heard of; a load that began under another epoch may be stale and is not kept.
        var epoch: UInt64 = 0
        var hits: Int64 = 0
        var misses: Int64 = 0

        /// Notes whether a look-up was answered from memory.
        mutating func count<Value>(_ found: Found<Value>) -> Found<Value> {
            if case .unknown = found { misses += 1 } else { hits += 1 }
            return found
        }

        mutating func forget(_ id: Tenant.ID) {
            // Its limiter stays, or every change of a setting would hand out a fresh burst.
            if let old = tenants.value(id) { limiters.insert(old.limiter, for: id) }
            tenants.remove(id)
            absent.remove(.tenant(id))
        }
    }

    private let state: Mutex<State>
    private let freshAt: Atomic<Int64>
    private let storage: any Storage
    private let vault: Vault
    private let world: World
    /// The deployment whose tokens these tenants issue.
    package let deployment: Deployment
    /// Counts how often keys are accepted.
    package let uses = KeyUses()
    /// Collects refusals for the audit log.
    package let events = SecurityEvents()
    /// Which tokens of which users are no longer honoured.
    package let cutoffs = UserCutoffs()
    /// Counts what tenants use.
    package let tallies = UsageTallies()
    let userLimiters: UserLimiters
    /// The revocations in force, all of them.
    package let revocations = RevocationIndex()
    /// Nanoseconds without a look at the change log after which memory is no longer trusted.
    private let patience: Int64

    /// A directory that is empty and fresh.
    ///
    /// - Parameters:
    ///   - storage: what is loaded from.
    ///   - vault: opens the signing keys.
    ///   - world: the clock.
    ///   - deployment: the names that tokens carry.
    ///   - capacity: the most keys, and the most tenants, held at once.
    ///   - patienceSeconds: how long the change log may be unreadable before ``isFresh`` turns false.
    package init(
        storage: any Storage, vault: Vault, world: World, deployment: Deployment, capacity: Int = 100_000,
        patienceSeconds: Int64 = 30
    ) {
        self.storage = storage
        self.vault = vault
        self.world = world
        self.deployment = deployment
        patience = patienceSeconds * 1_000_000_000
        userLimiters = UserLimiters()
        freshAt = Atomic(world.monotonicNanoseconds())
        state = Mutex(
            State(
                keys: BoundedCache(capacity: capacity), tenants: BoundedCache(capacity: capacity),
                limiters: BoundedCache(capacity: capacity), keyLimiters: BoundedCache(capacity: capacity),
                absent: BoundedCache(capacity: capacity), imported: ImportedKeys(capacity: capacity)))
    }

    /// Whether memory was in step with the database lately enough to be trusted at the monotonic time `now`.
    package func isFresh(now: Int64) -> Bool {
        now - freshAt.load(ordering: .relaxed) < patience
    }

    /// Nanoseconds since memory was last known to be in step.
    package func staleness(now: Int64) -> Int64 {
        max(0, now - freshAt.load(ordering: .relaxed))
    }

    /// Notes that the change log was read to its end in a reading begun at the monotonic time `now`.
    package func confirmFresh(now: Int64) {
        freshAt.store(now, ordering: .relaxed)
    }

    /// The API key with this identifier; the caller still has to compare the secret.
    package func apiKey(_ id: APIKey.ID) -> Found<HeldKey> {
        state.withLock { state in
            if let key = state.keys.value(id) { return state.count(.present(key)) }
            return state.count(state.absent.value(.apiKey(id)) == nil ? .unknown : .absent)
        }
    }

    /// What the text of a key is that this server did not make.
    func importedKey(_ text: Span<UInt8>, now: Int64) -> ImportedKeys.Found {
        state.withLock { $0.imported.find(text, now: now) }
    }

    /// The tenant with this identifier.
    package func tenant(_ id: Tenant.ID) -> Found<TenantState> {
        state.withLock { state in
            if let tenant = state.tenants.value(id) { return state.count(.present(tenant)) }
            return state.count(state.absent.value(.tenant(id)) == nil ? .unknown : .absent)
        }
    }

    /// Entries held: keys, tenants, and identifiers known not to exist.
    package var counts: (keys: Int, tenants: Int, absent: Int) {
        state.withLock { ($0.keys.count, $0.tenants.count, $0.absent.count) }
    }

    /// Look-ups since the start that memory could answer, and those that it could not.
    package var lookups: (hits: Int64, misses: Int64) {
        state.withLock { ($0.hits, $0.misses) }
    }

    /// Fetches from the database; blocks, so call it on a storage thread.
    package func load(_ want: Want) throws(StoreFailure) {
        let epoch = state.withLock { $0.epoch }
        switch want {
        case .apiKey(let id):
            let key = try storage.apiKey(id)
            keep(want, since: epoch) { state in
                guard let key else { return false }
                let limiter = state.keyLimiters.value(id) ?? RateLimiter()
                if key.rateLimit != nil { state.keyLimiters.insert(limiter, for: id) }
                state.keys.insert(HeldKey(key, limiter: limiter, tallies: tallies), for: id)
                return true
            }
        case .tenant(let id):
            // A deleted tenant is to the world one that never was.
            let row = try storage.tenant(id).flatMap { $0.tenant.status == .deleted ? nil : $0 }
            // Whoever fetches the key set is not to be shown keys for ever of which no token is left.
            let now = world.now()
            let keys = row?.keys.filter { key in key.departsAt.map { now < $0 } ?? true } ?? []
            let ring = try row.map { _ throws(StoreFailure) in try openRing(keys, of: id) }
            keep(want, since: epoch) { state in
                guard let row, let ring else { return false }
                let limiter = state.limiters.value(id) ?? RateLimiter()
                state.limiters.insert(limiter, for: id)
                let built = TenantState(
                    tenant: row.tenant, ring: ring, limiter: limiter, deployment: deployment,
                    ringEnds: keys.compactMap(\.departsAt).min(), tally: Tally(id, in: tallies),
                    revocations: revocations.tenant(id))
                state.tenants.insert(built, for: id)
                return true
            }
        case .importedPrefixes:
            let prefixes = try storage.importedPrefixes()
            state.withLock { if $0.epoch == epoch { $0.imported.keep(prefixes) } }
        case .importedKey(let hash):
            let id = try storage.importedKey(hash: hash)
            state.withLock { if $0.epoch == epoch { $0.imported.keep(id, for: hash) } }
        }
    }

    /// Fetches what is held whole; blocks, and belongs before the first look-up and after the place in the change log
    /// from which ``apply(_:)`` goes on was noted.
    package func preload() throws(StoreFailure) {
        let now = world.now()
        for cutoff in try storage.userCutoffs(after: now.adding(seconds: -UserCutoff.life)) {
            cutoffs.apply(cutoff, now: now)
        }
    }

    /// Forgets what changed, so that the next look-up loads it anew; what a change says itself is taken in at once.
    package func apply(_ changes: [Change]) {
        var forgotten: [Change.Subject] = []
        for change in changes {
            if case .user(let cutoff) = change.subject {
                cutoffs.apply(cutoff, now: world.now())
            } else {
                forgotten.append(change.subject)
            }
        }
        forget(forgotten)
    }

    private func forget(_ subjects: [Change.Subject]) {
        guard !subjects.isEmpty else { return }
        state.withLock { state in
            state.epoch += 1
            for subject in subjects {
                switch subject {
                case .tenant(let id): state.forget(id)
                case .plan(let plan):
                    let held = state.tenants.values.filter { $0.tenant.plan.id == plan }
                    for tenant in held { state.forget(tenant.tenant.id) }
                case .apiKey(let id):
                    if let old = state.keys.value(id) { state.keyLimiters.insert(old.limiter, for: id) }
                    state.keys.remove(id)
                    state.absent.remove(.apiKey(id))
                    state.imported.forgetAbsent()
                case .user: break
                }
            }
        }
    }

    private func keep(_ want: Want, since epoch: UInt64, insert: (inout sending State) -> Bool) {
        state.withLock { state in
            guard state.epoch == epoch else { return }
            if !insert(&state) { state.absent.insert((), for: want) }
        }
    }

    private func openRing(_ rows: [SealedKey], of tenant: Tenant.ID) throws(StoreFailure) -> KeyRing {
        do {
            return try KeyRing(
                rows.map { row throws(TokenFailure) in KeyRing.Entry(try vault.open(row, of: tenant), row.state) })
        } catch {
            throw .corrupt(cause: "signing keys of tenant \(tenant): \(error)")
        }
    }
}
