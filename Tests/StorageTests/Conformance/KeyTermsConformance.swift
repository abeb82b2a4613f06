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

    @Test("A change of terms that was read before a rotation or a revocation undoes neither", arguments: Backend.all)
    func termsApart(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let read = try APIKey.sample("abcdefghijkl", owner: .tenant(acme.id))
        try store.storage.create(read)
        var rotated = read
        rotated.secretHash = SHA256.digest(Array("new".utf8).span)
        rotated.revocation = APIKey.Revocation(at: .start, reason: "leak")
        try store.storage.update(rotated)
        var changed = read
        (changed.name, changed.expiresAt) = ("Renamed", .start.adding(seconds: 5))
        (changed.allowedAddresses, changed.rateLimit) = (Self.ranges, RateLimit(rate: 1, burst: 2))
        try store.storage.setTerms(of: changed)
        (changed.secretHash, changed.revocation) = (rotated.secretHash, rotated.revocation)
        #expect(try store.storage.apiKey(read.id) == changed)

        (changed.expiresAt, changed.allowedAddresses, changed.rateLimit) = (nil, [], nil)
        try store.storage.setTerms(of: changed)
        #expect(try store.storage.apiKey(read.id) == changed)
    }

    @Test("A leak is noted beside a rotation, ends the grace if it is to, and is taken back", arguments: Backend.all)
    func leaks(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        var key = try APIKey.sample("abcdefghijkl", owner: .tenant(acme.id))
        key.former = APIKey.Former(hash: key.secretHash, until: .start.adding(seconds: 60))
        try store.storage.create(key)
        let before = try store.storage.newestChange()
        key.leak = APIKey.Leak(at: .start, place: "here", quarantinedAt: .start)
        try store.storage.setLeak(try #require(key.leak), of: key.id)
        #expect(try store.storage.apiKey(key.id) == key)
        #expect(try store.storage.apiKey(key.id)?.status(at: .start) == .quarantined)
        #expect(try store.storage.newestChange() > before, "other nodes learn of it")
        // What was read before does not undo it.
        var stale = key
        stale.leak = nil
        try store.storage.update(stale)
        try store.storage.setTerms(of: stale)
        #expect(try store.storage.apiKey(key.id) == key)

        key.leak?.quarantinedAt = nil
        key.former = nil
        try store.storage.setLeak(try #require(key.leak), of: key.id, endingGrace: true)
        #expect(try store.storage.apiKey(key.id) == key)
        #expect(try store.storage.apiKey(key.id)?.status(at: .start) == .active)
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
        #expect(failure { () throws(StoreFailure) in try store.storage.setTerms(of: stolen) }?.isMissing == true)
        let ghost = try APIKey.sample("zzzzzzzzzzzz", owner: .tenant(acme.id))
        #expect(failure { () throws(StoreFailure) in try store.storage.setTerms(of: ghost) }?.isMissing == true)
        let leak = APIKey.Leak(at: .start, place: "here", quarantinedAt: nil)
        #expect(failure { () throws(StoreFailure) in try store.storage.setLeak(leak, of: ghost.id) }?.isMissing == true)
        #expect(try store.storage.apiKey(key.id) == key)
    }
}

extension Storage {
    fileprivate func setTerms(of key: APIKey) throws(StoreFailure) {
        try setTerms(of: key, recording: .sample(.keyChanged, for: key.owner.tenant))
    }

    fileprivate func setLeak(
        _ leak: APIKey.Leak, of key: APIKey.ID, endingGrace endsGrace: Bool = false
    ) throws(StoreFailure) {
        try setLeak(leak, of: key, endingGrace: endsGrace, recording: .sample(.keyQuarantined, for: nil))
    }
}
