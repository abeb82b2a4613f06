import Domain
import Testing
import Tokens

/// Two tenants, and everything of the first.
private struct Scene {
    let storage: any Storage
    let a: Application, b: Application
    let keyOfA: APIKey
    private let store: Store

    init(_ backend: Backend) throws {
        store = try backend.makeEmpty()
        storage = store.storage
        a = try Application.stored("tenant-a", in: store, quota: 3)
        b = try Application.stored("tenant-b", in: store, quota: 3)
        keyOfA = try APIKey.sample("keyofaaaaaaa", owner: .tenant(a.id))
        try storage.create(keyOfA)
        _ = try storage.issue([a.command("u", name: .set("A's"), custom: .set(#"{"a":1}"#))])
    }
}

@Suite("Every method as tenant A, then as tenant B")
struct IsolationConformance {
    @Test("B sees none of A's users, nor its count", arguments: Backend.all)
    func users(backend: Backend) throws {
        let scene = try Scene(backend)
        #expect(try scene.storage.user(scene.a.id, .of("u"))?.name == "A's")
        #expect(try scene.storage.user(scene.b.id, .of("u")) == nil)
        #expect(try scene.storage.issuedPairs(scene.a.id, in: Month(of: .start)) == 1)
        #expect(try scene.storage.issuedPairs(scene.b.id, in: Month(of: .start)) == 0)
    }

    @Test("The same user identifier is two users, and a quota is one tenant's", arguments: Backend.all)
    func issue(backend: Backend) throws {
        let scene = try Scene(backend)
        let outcomes = try scene.storage.issue([
            scene.b.command("u"), scene.a.command("u"), scene.b.command("u", name: .set("B's")),
            scene.a.command("u", name: .clear), scene.a.command("u"), scene.b.command("u"),
        ])
        #expect(outcomes.map(\.isIssued) == [true, true, true, true, false, true])
        #expect(try outcomes.first == .issued(.of("u")), "nothing of A's user is kept for B's")
        #expect(try scene.storage.user(scene.b.id, .of("u"))?.bytes == User.of("u", name: "B's").bytes)
        #expect(try scene.storage.user(scene.a.id, .of("u"))?.bytes == User.of("u", custom: #"{"a":1}"#).bytes)
        #expect(try scene.storage.issuedPairs(scene.a.id, in: Month(of: .start)) == 3)
        #expect(try scene.storage.issuedPairs(scene.b.id, in: Month(of: .start)) == 3)
    }

    @Test("A change of B's settings leaves A's alone", arguments: Backend.all)
    func settings(backend: Backend) throws {
        let scene = try Scene(backend)
        var changed = scene.b.tenant
        changed.name = "changed"
        changed.tokenClaims = ["role"]
        try scene.storage.update(changed)
        try scene.storage.setStatus(.suspended, of: changed.id)
        changed.status = .suspended
        #expect(try scene.storage.tenant(scene.a.id)?.tenant == scene.a.tenant)
        #expect(try scene.storage.tenant(scene.b.id)?.tenant == changed)
        #expect(try scene.storage.tenants() == [scene.a.tenant, changed])
    }

    @Test("B neither has A's signing keys nor can change or take them", arguments: Backend.all)
    func signingKeys(backend: Backend) throws {
        let scene = try Scene(backend)
        let taken = failure { () throws(StoreFailure) in
            try scene.storage.setStates([(scene.a.sealed.kid, .revoked)], of: scene.b.id, at: .start)
        }
        #expect(taken?.isMissing == true)
        let doubled = failure { () throws(StoreFailure) in try scene.storage.add(scene.a.sealed, to: scene.b.id) }
        #expect(doubled?.isConflict == true)
        #expect(try scene.storage.tenant(scene.a.id)?.keys == [scene.a.sealed])
        #expect(try scene.storage.tenant(scene.b.id)?.keys == [scene.b.sealed])
    }

    @Test("B neither lists A's API keys nor can change them", arguments: Backend.all)
    func apiKeys(backend: Backend) throws {
        let scene = try Scene(backend)
        #expect(try scene.storage.apiKeys(of: .tenant(scene.a.id)) == [scene.keyOfA])
        #expect(try scene.storage.apiKeys(of: .tenant(scene.b.id)) == [])
        #expect(try scene.storage.apiKeys(of: .node) == [])
        let stolen = try APIKey.sample("keyofaaaaaaa", owner: .tenant(scene.b.id))
        #expect(failure { () throws(StoreFailure) in try scene.storage.update(stolen) }?.isMissing == true)
        let revocation = APIKey.Revocation(at: .start, reason: "")
        #expect(
            failure { () throws(StoreFailure) in try scene.storage.revoke(stolen, with: revocation) }?.isMissing == true
        )
        #expect(failure { () throws(StoreFailure) in try scene.storage.create(stolen) }?.isConflict == true)
        #expect(try scene.storage.apiKey(scene.keyOfA.id) == scene.keyOfA)
    }
}
