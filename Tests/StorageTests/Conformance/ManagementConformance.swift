import Domain
import Testing
import Tokens

@Suite("Tenants and keys of every store")
struct ManagementConformance {
    @Test("A tenant is read back with all its settings", arguments: Backend.all)
    func tenantRoundTrip(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let id = try #require(Tenant.ID("acme"))
        var tenant = Tenant(
            id: id, name: "Äcme", status: .suspended, plan: .pro,
            overrides: Tenant.Overrides(rate: 7, burst: 9, quota: 12), tokenLife: 600,
            tokenClaims: ["role", "a b", "role2", "é"], xmppHost: "chat.example.com", createdAt: .start)
        let key = SealedKey.sample("k", state: .active)
        try store.storage.create(tenant, signingKey: key)
        let stored = try #require(try store.storage.tenant(id))
        #expect(stored.tenant == tenant)
        #expect(stored.keys == [key])

        tenant.name = "Other"
        tenant.plan = .free
        tenant.overrides = Tenant.Overrides()
        tenant.tokenLife = 60
        tenant.tokenClaims = ["x"]
        tenant.xmppHost = nil
        try store.storage.update(tenant)
        #expect(try store.storage.tenant(id)?.tenant == tenant)
        #expect(try store.storage.tenants() == [tenant])
    }

    @Test("A change of settings that was read before a suspension does not undo it", arguments: Backend.all)
    func statusApart(backend: Backend) throws {
        let store = try backend.makeEmpty()
        var tenant = try Application.stored("acme", in: store).tenant
        try store.storage.setStatus(.suspended, of: tenant.id)
        tenant.name = "Renamed"
        try store.storage.update(tenant)
        tenant.status = .suspended
        #expect(try store.storage.tenant(tenant.id)?.tenant == tenant)
        try store.storage.setStatus(.active, of: tenant.id)
        tenant.status = .active
        #expect(try store.storage.tenant(tenant.id)?.tenant == tenant)
    }

    @Test("A deleted tenant stays deleted, and its identifier taken", arguments: Backend.all)
    func deletedTenant(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        try store.storage.setStatus(.deleted, of: acme.id)
        #expect(try store.storage.tenant(acme.id)?.tenant.status == .deleted)
        for status in Tenant.Status.allCases {
            let again = failure { () throws(StoreFailure) in try store.storage.setStatus(status, of: acme.id) }
            #expect(again?.isMissing == true, "\(status)")
        }
        try store.storage.update(acme.tenant)
        #expect(try store.storage.tenants().map(\.status) == [.deleted])
        let taken = failure { () throws(StoreFailure) in
            try store.storage.create(acme.tenant, signingKey: .sample("fresh", state: .active))
        }
        #expect(taken?.isConflict == true)
    }

    @Test("Uses of keys add up, the latest use stays, and unknown keys are left out", arguments: Backend.all)
    func usage(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let (a, b, node) = (
            try APIKey.sample("aaaaaaaaaaaa", owner: .tenant(acme.id)),
            try APIKey.sample("bbbbbbbbbbbb", owner: .tenant(acme.id)),
            try APIKey.sample("nnnnnnnnnnnn", owner: .node)
        )
        for key in [a, b, node] { try store.storage.create(key) }
        let before = try store.storage.newestChange()
        let ghost = try #require(APIKey.ID("zzzzzzzzzzzz"))
        let early = Timestamp.start, late = early.adding(seconds: 9)
        try store.storage.count([:])
        try store.storage.count([
            a.id: .init(count: 2, lastUsedAt: late), node.id: .init(count: 7, lastUsedAt: early),
            ghost: .init(count: 1, lastUsedAt: early),
        ])
        try store.storage.count([a.id: .init(count: 40, lastUsedAt: early)])
        #expect(try store.storage.usage(of: .tenant(acme.id)) == [a.id: .init(count: 42, lastUsedAt: late)])
        #expect(try store.storage.usage(of: .node) == [node.id: .init(count: 7, lastUsedAt: early)])
        #expect(try store.storage.usage(of: .operator).isEmpty)
        #expect(try store.storage.newestChange() == before)
    }

    @Test("Tenants come in the order of their identifiers, each with its own claims", arguments: Backend.all)
    func tenantsInOrder(backend: Backend) throws {
        let store = try backend.makeEmpty()
        for name in ["b", "c", "a"] {
            var tenant = try Application(name).tenant
            tenant.tokenClaims = ["claim-of-\(name)"]
            try store.storage.create(tenant, signingKey: .sample(name, state: .active))
        }
        let tenants = try store.storage.tenants()
        #expect(tenants.map(\.id.text) == ["a", "b", "c"])
        #expect(tenants.map(\.tokenClaims) == [["claim-of-a"], ["claim-of-b"], ["claim-of-c"]])
    }

    @Test("An identifier that is taken is a conflict, and the attempt leaves nothing", arguments: Backend.all)
    func takenTenant(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let again = failure { () throws(StoreFailure) in
            try store.storage.create(acme.tenant, signingKey: .sample("fresh", state: .active))
        }
        #expect(again?.isConflict == true)
        let other = try Application("other")
        let sameKID = failure { () throws(StoreFailure) in
            try store.storage.create(other.tenant, signingKey: acme.sealed)
        }
        #expect(sameKID?.isConflict == true, "a kid is unique over all tenants")
        #expect(try store.storage.tenant(other.id) == nil)
        #expect(try store.storage.tenant(acme.id)?.keys == [acme.sealed])
    }

    @Test("Whatever belongs to an unknown tenant is missing", arguments: Backend.all)
    func unknownTenant(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let ghost = try Application("ghost")
        let key = try APIKey.sample("abcdefghijkl", owner: .tenant(ghost.id))
        #expect(try store.storage.tenant(ghost.id) == nil)
        #expect(failure { () throws(StoreFailure) in try store.storage.update(ghost.tenant) }?.isMissing == true)
        #expect(
            failure { () throws(StoreFailure) in
                try store.storage.setStatus(.suspended, of: ghost.id)
            }?.isMissing == true)
        #expect(failure { () throws(StoreFailure) in try store.storage.create(key) }?.isMissing == true)
        #expect(failure { () throws(StoreFailure) in try store.storage.update(key) }?.isMissing == true)
        let revocation = APIKey.Revocation(at: .start, reason: "")
        #expect(
            failure { () throws(StoreFailure) in try store.storage.revoke(key, with: revocation) }?.isMissing == true)
        #expect(
            failure { () throws(StoreFailure) in try store.storage.add(ghost.sealed, to: ghost.id) }?.isMissing == true)
        #expect(
            failure { () throws(StoreFailure) in
                try store.storage.setStates([("x", .retired)], of: ghost.id, at: .start)
            }?.isMissing == true)
        let command = try ghost.command("u")
        #expect(failure { () throws(StoreFailure) in try store.storage.issue([command]) }?.isMissing == true)
    }

    @Test("An API key is read back with all its fields", arguments: Backend.all)
    func apiKeyRoundTrip(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        var key = try APIKey.sample("abcdefghijkl", owner: .tenant(acme.id))
        try store.storage.create(key)
        #expect(try store.storage.apiKey(key.id) == key)
        #expect(failure { () throws(StoreFailure) in try store.storage.create(key) }?.isConflict == true)

        key.name = "Renamed"
        key.scopes = []
        key.former = APIKey.Former(hash: key.secretHash, until: .start.adding(seconds: 60))
        key.secretHash = SHA256.digest(Array("new".utf8).span)
        key.expiresAt = .start.adding(seconds: 3_600)
        try store.storage.update(key)
        #expect(try store.storage.apiKey(key.id) == key)
        let revocation = APIKey.Revocation(at: .start.adding(seconds: 5), reason: "", by: "key k")
        try store.storage.revoke(key, with: revocation)
        (key.revocation, key.former) = (revocation, nil)
        #expect(try store.storage.apiKey(key.id) == key)
        #expect(try store.storage.apiKey(#require(APIKey.ID("zzzzzzzzzzzz"))) == nil)
    }

    @Test("An owner's keys come oldest first, and only those", arguments: Backend.all)
    func apiKeysOfOwner(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let owners: [APIKey.Owner] = [.tenant(acme.id), .node, .operator]
        for (number, owner) in owners.enumerated() {
            for (place, age) in [2, 1, 3].enumerated() {
                let moment = Timestamp.start.adding(seconds: Int64(age))
                try store.storage.create(.sample("key\(number)\(place)abcdefg", owner: owner, at: moment))
            }
        }
        for (number, owner) in owners.enumerated() {
            let ids = try store.storage.apiKeys(of: owner).map(\.id.text)
            #expect(ids == [1, 0, 2].map { "key\(number)\($0)abcdefg" })
        }
    }

    @Test("Signing keys change states together or not at all", arguments: Backend.all)
    func statesTogether(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let later = Timestamp.start.adding(seconds: 10)
        let next = SealedKey.sample("next", state: .standby, at: later)
        try store.storage.add(next, to: acme.id)
        #expect(failure { () throws(StoreFailure) in try store.storage.add(next, to: acme.id) }?.isConflict == true)

        // The order given must not matter, although at no moment two keys are active.
        let turn = later.adding(seconds: 10)
        try store.storage.setStates([("next", .active), (acme.sealed.kid, .retired)], of: acme.id, at: turn)
        let keys = try #require(try store.storage.tenant(acme.id)).keys
        #expect(keys.map(\.kid) == [acme.sealed.kid, "next"])
        #expect(keys.map(\.state) == [.retired, .active])
        #expect(keys.map(\.changedAt) == [turn, turn])
        #expect(keys.map(\.createdAt) == [.start, later])

        let half = failure { () throws(StoreFailure) in
            try store.storage.setStates(
                [("next", .revoked), ("nothing", .active)], of: acme.id, at: turn.adding(seconds: 1))
        }
        #expect(half?.isMissing == true)
        #expect(try store.storage.tenant(acme.id)?.keys == keys)
    }

    @Test("A tenant never has two active keys", arguments: Backend.all)
    func oneActive(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let second = failure { () throws(StoreFailure) in
            try store.storage.add(.sample("second", state: .active), to: acme.id)
        }
        #expect(second?.isConflict == true)
        #expect(try store.storage.tenant(acme.id)?.keys.count == 1)
    }
}
