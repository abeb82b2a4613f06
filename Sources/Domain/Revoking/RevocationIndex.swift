internal import Synchronization

/// The revocations that are in force, in the memory of one node: 16 bytes an entry and room to grow.
///
/// An entry is known by a keyed hash (SipHash under the random key of the process) of tenant, kind and subject: 12 bits
/// choose the shard, 64 more tell the entry in it. That a token is refused for an entry that is not its own has, with
/// ten million entries, a probability of 1.4e-16 a look-up: at 100,000 look-ups a second once in 2,000 years. Look-ups
/// take the lock of one shard in 4,096, and none at all for a tenant without entries of the kind.
package final class RevocationIndex: Sendable {
    private let shards = (0..<4_096).map { _ in RevocationShard() }
    private let tenants = Mutex<[Tenant.ID: TenantRevocations]>([:])
    private let held = Atomic<Int>(0)
    private let newest = Atomic<Int64>(0)
    private let swept = Atomic<Int>(0)

    /// No revocations.
    package init() {}

    /// Entries held.
    package var count: Int { held.load(ordering: .relaxed) }

    /// Milliseconds since 1970 of the largest cut-off ever heard of that can void a grant which is not born yet.
    ///
    /// Those of single grants cannot, and reach as far ahead as whoever revokes says.
    package var newestCutoff: Int64 { newest.load(ordering: .relaxed) }

    /// What is known of the tenant without a look-up; the same object for as long as the process lives.
    package func tenant(_ id: Tenant.ID) -> TenantRevocations {
        tenants.withLock { tenants in
            if let known = tenants[id] { return known }
            let new = TenantRevocations(number: UInt64(tenants.count + 1))
            tenants[id] = new
            return new
        }
    }

    /// Adds an entry; adding it again changes nothing.
    package func insert(_ subject: Revocation.Subject, of tenant: Tenant.ID, cutoff: Timestamp, expires: Timestamp) {
        let owner = self.tenant(tenant)
        if subject.kind != .tenant, subject.kind != .userHash {
            let (shard, tag) = Self.key(subject, of: owner)
            if shards[shard].insert(RevocationEntry(cutoff: cutoff, expires: expires), tag: tag) {
                held.add(1, ordering: .relaxed)
            }
        }
        if subject.kind != .grant { newest.max(cutoff.milliseconds, ordering: .relaxed) }
        // After the entry: whoever is told that there is one finds it.
        owner.note(subject.kind, cutoff: cutoff, expires: expires)
    }

    /// Adds a revocation.
    package func insert(_ revocation: Revocation) {
        insert(
            revocation.subject, of: revocation.tenant, cutoff: revocation.cutoff, expires: revocation.expiresAt)
    }

    /// Forgets entries that have expired at `moment`; looks through a part of them each time, all in 256 times.
    package func sweep(at moment: Timestamp) {
        let part = swept.add(1, ordering: .relaxed).oldValue % 256
        let minute = RevocationEntry.minute(of: moment)
        for shard in shards[part * 16..<part * 16 + 16] {
            held.subtract(shard.sweep(before: minute), ordering: .relaxed)
        }
    }

    /// The moment before which a grant with these traits is void, in milliseconds since 1970; 0 where none is.
    ///
    /// The largest of the cut-offs of tenant, signing key, API key, label, user and grant. The texts are bytes, as they
    /// stand in the claims; `grant` is nil for one that is not born yet, `label` empty where there is none.
    package func cutoff(
        of tenant: TenantRevocations, grant: Grant.ID?, user: Span<UInt8>, apiKey: Span<UInt8>,
        signingKey: Span<UInt8>, label: Span<UInt8>, at moment: Timestamp
    ) -> Int64 {
        guard tenant.isAny(at: moment) else { return 0 }
        var cutoff = tenant.ofAll
        if tenant.has(.user, at: moment) { look(tenant, .user, user, &cutoff) }
        if tenant.has(.apiKey, at: moment) { look(tenant, .apiKey, apiKey, &cutoff) }
        if tenant.has(.signingKey, at: moment) { look(tenant, .signingKey, signingKey, &cutoff) }
        if tenant.has(.label, at: moment), !label.isEmpty { look(tenant, .label, label, &cutoff) }
        if let grant, tenant.has(.grant, at: moment) { look(tenant, grant, &cutoff) }
        return cutoff
    }

    /// The entry with the largest of these cut-offs, for whoever explains; nil where there is none.
    package func rule(
        of tenant: TenantRevocations, grant: Grant.ID, user: String, apiKey: String, signingKey: String, label: String,
        at moment: Timestamp
    ) -> (kind: Revocation.Kind, cutoff: Timestamp)? {
        guard tenant.isAny(at: moment) else { return nil }
        var found: [(kind: Revocation.Kind, cutoff: Int64)] = [(.tenant, tenant.ofAll)]
        for (kind, text) in [
            (Revocation.Kind.user, user), (.apiKey, apiKey), (.signingKey, signingKey), (.label, label),
        ] where !text.isEmpty && tenant.has(kind, at: moment) {
            var cutoff: Int64 = 0
            look(tenant, kind, text.utf8.span, &cutoff)
            found.append((kind, cutoff))
        }
        if tenant.has(.grant, at: moment) {
            var cutoff: Int64 = 0
            look(tenant, grant, &cutoff)
            found.append((.grant, cutoff))
        }
        guard let most = found.max(by: { $0.cutoff < $1.cutoff }), most.cutoff > 0 else { return nil }
        return (most.kind, Timestamp(milliseconds: most.cutoff))
    }

    private func look(
        _ tenant: TenantRevocations, _ kind: Revocation.Kind, _ text: Span<UInt8>, _ cutoff: inout Int64
    ) {
        look(Self.key(tenant.number, kind) { hasher in hasher.combine(text) }, &cutoff)
    }

    private func look(_ tenant: TenantRevocations, _ grant: Grant.ID, _ cutoff: inout Int64) {
        look(Self.key(tenant.number, grant), &cutoff)
    }

    private func look(_ key: (shard: Int, tag: UInt64), _ cutoff: inout Int64) {
        guard let entry = shards[key.shard].entry(key.tag) else { return }
        cutoff = max(cutoff, entry.cutoff)
    }
}

// MARK: - Keys

extension RevocationIndex {
    private static func key(_ subject: Revocation.Subject, of tenant: TenantRevocations) -> (shard: Int, tag: UInt64) {
        if case .grant(let id) = subject { return key(tenant.number, id) }
        let text = subject.text
        return key(tenant.number, subject.kind) { hasher in hasher.combine(text.utf8.span) }
    }

    private static func key(_ tenant: UInt64, _ grant: Grant.ID) -> (shard: Int, tag: UInt64) {
        key(tenant, .grant) { hasher in
            hasher.combine(grant.high)
            hasher.combine(grant.low)
        }
    }

    private static func key(
        _ tenant: UInt64, _ kind: Revocation.Kind, _ combine: (inout Hasher) -> Void
    ) -> (shard: Int, tag: UInt64) {
        var hasher = Hasher()
        hasher.combine(tenant)
        hasher.combine(number(of: kind))
        combine(&hasher)
        return finish(hasher)
    }

    /// Two independent hashes of the same: one tells the entry, the other chooses the shard.
    private static func finish(_ hasher: Hasher) -> (shard: Int, tag: UInt64) {
        var other = hasher
        other.combine(0xFF as UInt8)
        let tag = UInt64(bitPattern: Int64(hasher.finalize()))
        return (other.finalize() & 4_095, tag == 0 ? 1 : tag)
    }

    private static func number(of kind: Revocation.Kind) -> UInt8 {
        switch kind {
        case .grant: 0
        case .user: 1
        case .apiKey: 2
        case .signingKey: 3
        case .label: 4
        case .tenant: 5
        case .userHash: 6
        }
    }
}

extension Hasher {
    /// Takes in bytes as they are; a string would be normalised first.
    fileprivate mutating func combine(_ text: Span<UInt8>) {
        unsafe text.withUnsafeBytes { unsafe combine(bytes: $0) }
    }
}
