import Domain
import Testing
import Tokens

@Suite("Terms of API keys, imported keys and leaks of every store")
struct KeyTermsConformance {
    private static let ranges = ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"].compactMap(AddressRange.init)

    private static func imported(_ id: String, _ tenant: Tenant.ID, text: String) throws -> APIKey {
        let hash = SHA256.digest(Array(text.utf8).span)
        return APIKey(
            id: try #require(APIKey.ID(id)), owner: .tenant(tenant), name: id, scopes: .issue, secretHash: hash,
            createdAt: .start, allowedAddresses: ranges, rateLimit: RateLimit(rate: 3, burst: 9),
            imported: APIKey.Imported(prefix: "zmc_", hash: hash),
            leak: APIKey.Leak(at: .start, place: "https://example.org/é", quarantinedAt: .start.adding(seconds: 1)))
    }

    @Test("A key is read back with its terms, its origin and its leak", arguments: Backend.all)
    func roundTrip(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let key = try Self.imported("abcdefghijkl", acme.id, text: "zmc_secret")
        try store.storage.create(key)
        #expect(try store.storage.apiKey(key.id) == key)
        #expect(try store.storage.apiKeys(of: .tenant(acme.id)) == [key])
    }

    /// What can be changed of a key, each by itself.
    private static let changes: [(name: String, make: @Sendable (inout APIKey) -> Void)] = [
        ("name", { $0.name = "Renamed" }), ("scopes", { $0.scopes = .verify }),
        ("secret", { $0.secretHash = SHA256.digest(Array("new".utf8).span) }),
        ("grace", { $0.former = APIKey.Former(hash: $0.secretHash, until: .start.adding(seconds: 60)) }),
        ("expiry", { $0.expiresAt = .start.adding(seconds: 5) }), ("addresses", { $0.allowedAddresses = ranges }),
        ("limit", { $0.rateLimit = RateLimit(rate: 1, burst: 2) }),
        ("leak", { $0.leak = APIKey.Leak(at: .start, place: "here", quarantinedAt: nil) }),
        ("quarantine", { $0.leak = APIKey.Leak(at: .start, place: "here", quarantinedAt: .start) }),
    ]

    @Test("A change is stored and taken back, and undoes none that came after it was read", arguments: Backend.all)
    func staleChanges(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let read = try APIKey.sample("abcdefghijkl", owner: .tenant(acme.id))
        try store.storage.create(read)
        for first in Self.changes {
            var changed = read
            first.make(&changed)
            try store.storage.update(changed)
            #expect(try store.storage.apiKey(read.id) == changed, "\(first.name)")
            for second in Self.changes {
                var stale = read
                second.make(&stale)
                let late = failure { () throws(StoreFailure) in try store.storage.update(stale, after: read) }
                #expect(late?.isMissing == true, "\(second.name) after \(first.name)")
            }
            #expect(try store.storage.apiKey(read.id) == changed, "\(first.name)")
            try store.storage.update(read)
            #expect(try store.storage.apiKey(read.id) == read, "\(first.name)")
        }
    }

    @Test(
        "A revocation comes through whatever was changed meanwhile, once, and nothing undoes it", arguments: Backend.all
    )
    func revocation(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let read = try APIKey.sample("abcdefghijkl", owner: .tenant(acme.id))
        try store.storage.create(read)
        var changed = read
        for change in Self.changes { change.make(&changed) }
        try store.storage.update(changed)
        let first = APIKey.Revocation(at: .start, reason: "first", by: "key k")
        try store.storage.revoke(read, with: first)
        (changed.revocation, changed.former) = (first, nil)
        #expect(try store.storage.apiKey(read.id) == changed, "with the secret before the last rotation")
        let again = failure { () throws(StoreFailure) in
            try store.storage.revoke(read, with: APIKey.Revocation(at: .start, reason: "again"))
        }
        #expect(again?.isMissing == true)
        var stale = changed
        stale.revocation = nil
        let late = failure { () throws(StoreFailure) in try store.storage.update(changed, after: stale) }
        #expect(late?.isMissing == true, "a rotation that was read before a revocation")
        changed.name = "Renamed once more"
        try store.storage.update(changed)
        #expect(try store.storage.apiKey(read.id) == changed)
    }

    /// Changes of terms that have nothing to do with each other.
    private static var termChanges: [KeyChange] {
        var changes = [KeyChange](repeating: KeyChange(), count: 4)
        changes[0].name = "Renamed"
        changes[1].allowedAddresses = .set(ranges)
        changes[2].rateLimit = .set(RateLimit(rate: 1, burst: 2))
        changes[3].expiresIn = .set(60)
        return changes
    }

    @Test("Of changes of one key that are made at once none is lost", arguments: Backend.all)
    func changesAtOnce(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let keys = ManageKeys(storage: store.storage, keyPrefix: "chatsdk", world: .standing)
        let desk = LeakDesk(storage: store.storage, keyPrefix: "chatsdk", world: .standing, quarantines: false)
        let origin = AuditOrigin(actor: "tests")
        let changes = Self.termChanges
        for round in 0..<10 {
            let issued = try keys.create(for: .tenant(acme.id), name: "k", by: origin)
            let id = issued.key.id
            let failures = atOnce(changes.count + 2) { number in
                switch number {
                case 4: failure { () throws(ManagementFailure) in try keys.rotate(id, graceSeconds: 60, by: origin) }
                case 5: failure { () throws(ManagementFailure) in try desk.report(issued.text, at: "here", by: origin) }
                default:
                    failure { () throws(ManagementFailure) in
                        try keys.change(id, of: .tenant(acme.id), with: changes[number], by: origin)
                    }
                }
            }
            #expect(failures.allSatisfy { $0 == .some(nil) }, "round \(round): \(failures)")
            let key = try #require(try store.storage.apiKey(id))
            #expect(key.name == "Renamed" && key.allowedAddresses == Self.ranges, "round \(round)")
            #expect(key.rateLimit == RateLimit(rate: 1, burst: 2) && key.expiresAt != nil, "round \(round)")
            #expect(key.former?.hash == issued.key.secretHash, "round \(round)")
            _ = try keys.revoke(id, by: origin)
        }
    }

    @Test("Of rotations that are made at once no holder of a secret is misled", arguments: Backend.all)
    func rotationsAtOnce(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let keys = ManageKeys(storage: store.storage, keyPrefix: "chatsdk", world: .standing)
        let origin = AuditOrigin(actor: "tests")
        let issued = try keys.create(for: .tenant(acme.id), name: "k", by: origin)
        let rotated = atOnce(8) { _ in
            Result { () throws(ManagementFailure) in
                try keys.rotate(issued.key.id, graceSeconds: 60, by: origin).key
            }
        }.compactMap(\.self)
        let won = rotated.compactMap { try? $0.get() }
        // Who comes when another has finished rotates that one's secret away, with its grace.
        var secret = issued.key.secretHash
        for _ in won {
            let next = try #require(won.first { $0.former?.hash == secret }, "a secret was handed out and lost")
            secret = next.secretHash
        }
        #expect(try store.storage.apiKey(issued.key.id)?.secretHash == secret)
        for case .failure(let failure) in rotated {
            guard case .conflict = failure else { Issue.record("\(failure)"); continue }
        }
    }

    @Test("An imported key is found by its hash alone, and its prefix is known", arguments: Backend.all)
    func imports(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let (acme, other) = (
            try Application.stored("acme", in: store), try Application.stored("other", in: store)
        )
        #expect(try store.storage.importedPrefixes() == [])
        let a = try Self.imported("aaaaaaaaaaaa", acme.id, text: "zmc_a")
        let b = try Self.imported("bbbbbbbbbbbb", other.id, text: "zmc_b")
        let own = try APIKey.sample("cccccccccccc", owner: .tenant(acme.id))
        for key in [a, b, own] { try store.storage.create(key) }
        #expect(try store.storage.importedPrefixes() == ["zmc_"])
        #expect(try store.storage.importedKey(hash: a.secretHash) == a.id)
        #expect(try store.storage.importedKey(hash: b.secretHash) == b.id)
        #expect(try store.storage.importedKey(hash: own.secretHash) == nil, "it was not imported")
        // Its hash stays its own after a rotation.
        var rotated = a
        rotated.secretHash = own.secretHash
        try store.storage.update(rotated)
        #expect(try store.storage.importedKey(hash: a.secretHash) == a.id)

        let again = try Self.imported("dddddddddddd", other.id, text: "zmc_a")
        #expect(failure { () throws(StoreFailure) in try store.storage.create(again) }?.isConflict == true)
        #expect(try store.storage.apiKey(again.id) == nil)
    }

    @Test("B cannot change the terms of A's key, and nobody those of a key that is not there", arguments: Backend.all)
    func isolation(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let (acme, other) = (
            try Application.stored("acme", in: store), try Application.stored("other", in: store)
        )
        let key = try APIKey.sample("abcdefghijkl", owner: .tenant(acme.id))
        try store.storage.create(key)
        let stolen = try APIKey.sample("abcdefghijkl", owner: .tenant(other.id))
        #expect(failure { () throws(StoreFailure) in try store.storage.update(stolen) }?.isMissing == true)
        let ghost = try APIKey.sample("zzzzzzzzzzzz", owner: .tenant(acme.id))
        #expect(failure { () throws(StoreFailure) in try store.storage.update(ghost) }?.isMissing == true)
        #expect(try store.storage.apiKey(key.id) == key)
    }
}

extension Storage {
    fileprivate func update(_ key: APIKey, after former: APIKey) throws(StoreFailure) {
        try update(key, after: former, recording: .sample(.keyChanged, for: key.owner.tenant))
    }
}

/// The failure of an act of management.
private func failure(_ body: () throws(ManagementFailure) -> some Any) -> ManagementFailure? {
    do throws(ManagementFailure) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}
