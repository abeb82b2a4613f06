import Domain
import Testing
import Tokens

@Suite("The change log of every store")
struct ChangeLogConformance {
    private static func mutators(
        _ acme: Application
    ) throws -> [(name: String, subject: Change.Subject, run: (any Storage) throws(StoreFailure) -> Void)] {
        let other = try Application("other")
        let key = try APIKey.sample("abcdefghijkl", owner: .tenant(acme.id))
        let added = SealedKey.sample("added", state: .standby)
        return [
            (
                "create tenant", .tenant(other.id),
                { store throws(StoreFailure) in
                    try store.create(other.tenant, signingKey: other.sealed)
                }
            ),
            ("update tenant", .tenant(acme.id), { store throws(StoreFailure) in try store.update(acme.tenant) }),
            (
                "set status", .tenant(acme.id),
                { store throws(StoreFailure) in try store.setStatus(.suspended, of: acme.id) }
            ),
            ("create API key", .apiKey(key.id), { store throws(StoreFailure) in try store.create(key) }),
            ("update API key", .apiKey(key.id), { store throws(StoreFailure) in try store.update(key) }),
            (
                "revoke API key", .apiKey(key.id),
                { store throws(StoreFailure) in
                    try store.revoke(key, with: APIKey.Revocation(at: .start, reason: ""))
                }
            ),
            ("add signing key", .tenant(acme.id), { store throws(StoreFailure) in try store.add(added, to: acme.id) }),
            (
                "set states", .tenant(acme.id),
                { store throws(StoreFailure) in
                    try store.setStates([("added", .revoked)], of: acme.id, at: .start)
                }
            ),
        ]
    }

    @Test("Every change of a tenant, signing key or API key appends its entry", arguments: Backend.all)
    func everyMutatorLogs(backend: Backend) throws {
        let store = try backend.makeEmpty()
        #expect(try store.storage.newestChange() == 0)
        #expect(try store.storage.changes(after: 0, limit: 10) == [])
        let acme = try Application.stored("acme", in: store)
        var newest = try store.storage.newestChange()
        #expect(newest > 0)
        for mutator in try Self.mutators(acme) {
            try mutator.run(store.storage)
            let changes = try store.storage.changes(after: newest, limit: 10)
            #expect(changes.map(\.subject) == [mutator.subject], "\(mutator.name)")
            let sequence = try #require(changes.first?.sequence)
            #expect(sequence > newest, "\(mutator.name)")
            newest = try store.storage.newestChange()
            #expect(newest == sequence)
        }
    }

    @Test("What is refused appends nothing, nor does issuing", arguments: Backend.all)
    func refusedDoesNotLog(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let newest = try store.storage.newestChange()
        #expect(throws: StoreFailure.self) { try store.storage.create(acme.tenant, signingKey: acme.sealed) }
        #expect(throws: StoreFailure.self) { try store.storage.add(acme.sealed, to: acme.id) }
        #expect(throws: StoreFailure.self) { try store.storage.setStates([("no", .retired)], of: acme.id, at: .start) }
        #expect(throws: StoreFailure.self) { try store.storage.update(Application("ghost").tenant) }
        _ = try store.storage.issue([acme.command("u", name: .set("n"))])
        #expect(try store.storage.newestChange() == newest)
    }

    @Test("Entries are read in order, from anywhere, so many at a time", arguments: Backend.all)
    func pages(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        for _ in 0..<5 { try store.storage.update(acme.tenant) }
        let all = try store.storage.changes(after: 0, limit: 100)
        #expect(all.count == 6)
        #expect(zip(all, all.dropFirst()).allSatisfy { $0.sequence < $1.sequence })
        let page = try store.storage.changes(after: all[1].sequence, limit: 3)
        #expect(page == Array(all[2...4]))
    }

    @Test("Entries of many threads get sequences of their own, and none is lost", arguments: Backend.all)
    func concurrent(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let worked = atOnce(50) { _ in (try? store.storage.update(acme.tenant)) != nil }
        #expect(worked.allSatisfy { $0 == true })
        let sequences = try store.storage.changes(after: 0, limit: 100).map(\.sequence)
        #expect(sequences.count == 51)
        #expect(Set(sequences).count == 51)
    }
}
