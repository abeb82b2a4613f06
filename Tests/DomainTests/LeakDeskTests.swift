import Domain
import SQLiteStorage
import Testing
import Tokens

@Suite("Keys found in the open")
struct LeakDeskTests {
    private let house: House
    private let tenant: Tenant.ID

    init() throws {
        house = try House()
        tenant = try house.addTenant().id
    }

    private func desk(quarantines: Bool = true) -> LeakDesk {
        LeakDesk(storage: house.storage, keyPrefix: "chatsdk", world: house.world, quarantines: quarantines)
    }

    private func report(_ text: String, at place: String = "here", quarantines: Bool = true) throws -> LeakDesk.Finding?
    {
        try desk(quarantines: quarantines).report(text, at: place, by: .tests)
    }

    private func status(_ id: APIKey.ID) throws -> APIKey.Status? {
        try house.storage.apiKey(id)?.status(at: house.clock.now)
    }

    @Test("a key that works is quarantined, the place is kept, and an owner releases it or revokes it")
    func quarantine() throws {
        let issued = try house.keys.create(for: .tenant(tenant), name: "k")
        let found = try #require(try report(issued.text, at: "https://example.org/\u{7}x"))
        #expect(found.isNew && found.key.leak?.place == "https://example.org/x")
        #expect(try status(issued.key.id) == .quarantined)
        #expect(try report(issued.text, at: "elsewhere")?.isNew == false)
        _ = try desk().release(issued.key.id, by: .tests)
        #expect(try status(issued.key.id) == .active)
        #expect(throws: ManagementFailure.self) { try desk().release(issued.key.id, by: .tests) }
        let other = try #require(Tenant.ID("other"))
        #expect(throws: ManagementFailure.self) { try desk().release(issued.key.id, of: .tenant(other), by: .tests) }
        #expect(try report(issued.text, at: "https://example.org/x")?.isNew == false, "the place that was released")
        #expect(try status(issued.key.id) == .active)
        #expect(try report(issued.text, at: "elsewhere")?.isNew == true)
        #expect(try status(issued.key.id) == .quarantined)
        _ = try house.keys.revoke(issued.key.id)
        #expect(try status(issued.key.id) == .revoked)
        #expect(throws: ManagementFailure.self) { try desk().release(issued.key.id, by: .tests) }
    }

    @Test("a deployment that only reports leaves the key in use")
    func reportOnly() throws {
        let issued = try house.keys.create(for: .tenant(tenant), name: "k")
        #expect(try report(issued.text, quarantines: false)?.isNew == true)
        let key = try #require(try house.storage.apiKey(issued.key.id))
        #expect(key.leak?.place == "here" && key.status(at: house.clock.now) == .active)
    }

    @Test("of a rotated key only the grace ends where the old secret was found")
    func grace() throws {
        let old = try house.keys.create(for: .tenant(tenant), name: "k")
        let new = try house.keys.rotate(old.key.id, graceSeconds: 60)
        #expect(try report(old.text)?.isNew == true)
        let key = try #require(try house.storage.apiKey(old.key.id))
        #expect(key.former == nil && key.status(at: house.clock.now) == .active && key.leak?.quarantinedAt == nil)
        #expect(try report(old.text) == nil, "nothing is known of a secret that is gone")
        #expect(try report(new.text)?.isNew == true, "beside the old one")
        #expect(try status(old.key.id) == .quarantined)
    }

    @Test("a new secret is quarantined where its predecessor was found and released, or where nobody says")
    func successors() throws {
        for place in ["here", ""] {
            let old = try house.keys.create(for: .tenant(tenant), name: "k")
            #expect(try report(old.text, at: place)?.isNew == true)
            _ = try desk().release(old.key.id, by: .tests)
            let new = try house.keys.rotate(old.key.id, graceSeconds: 0)
            #expect(try report(new.text, at: place)?.isNew == true)
            #expect(try status(old.key.id) == .quarantined)
        }
    }

    @Test("what never was a key is nobody's, whoever's it looks like")
    func strangers() throws {
        let issued = try house.keys.create(for: .tenant(tenant), name: "k")
        let wrong = APIKey.Secret(for: issued.key.id, prefix: "chatsdk", world: house.world).revealOnce()
        for text in ["", "x", wrong, String(issued.text.dropLast()), issued.key.id.text, "zmc_x"] {
            #expect(try report(text) == nil, "\(text)")
        }
        #expect(try status(issued.key.id) == .active)
    }

    @Test("an imported key is found by its hash")
    func imported() throws {
        let text = "zmc_leaky"
        let hash = SHA256.digest(Array(text.utf8).span)
        let key = try house.keys.import(KeyImport(name: "old", prefix: "zmc_", hash: hash), for: tenant, by: .tests).key
        #expect(try report("zmc_other") == nil)
        #expect(try report(text)?.key.id == key.id)
        #expect(try status(key.id) == .quarantined)
    }

    @Test("a quarantined key opens nothing, and only its holder learns why")
    func refused() throws {
        let issued = try house.keys.create(for: .tenant(tenant), name: "k")
        _ = try report(issued.text)
        try house.directory.load(.apiKey(issued.key.id))
        let authenticate = Authenticate(directory: house.directory, world: house.world)
        guard case .refused(.apiKeyQuarantined) = authenticate(issued.text, needs: .verify) else {
            Issue.record("it works"); return
        }
        let wrong = APIKey.Secret(for: issued.key.id, prefix: "chatsdk", world: house.world).revealOnce()
        guard case .refused(.apiKeyInvalid) = authenticate(wrong, needs: .verify) else {
            Issue.record("told to a stranger"); return
        }
    }

    @Test("keys are found in any bytes, whole and in order, and nothing else is")
    func finder() throws {
        let finder = KeyFinder(prefix: "chatsdk")
        let keys = (0..<3).map { _ in APIKey.Secret(prefix: "chatsdk", world: house.world).revealOnce() }
        let almost = String(keys[0].dropLast()) + (keys[0].hasSuffix("A") ? "B" : "A")
        let text = "chatsdk_\0é\(keys[0])\(keys[1]) \(almost) chatsdk_chatsdk_\(keys[2])"
        let bytes = Array(text.utf8)
        let found = finder.places(in: bytes.span).map {
            String(decoding: bytes[$0..<$0 + finder.keyLength], as: UTF8.self)
        }
        #expect(found == [keys[0], keys[1], keys[2]].map { $0 })
        let cut = Array(keys[0].utf8.dropLast())
        let none = finder.places(in: cut.span) + KeyFinder(prefix: "other").places(in: bytes.span)
        #expect(none == [])
    }
}

@Suite("A retired signing key departs when its last token has expired")
struct DepartureTests {
    @Test("it verifies and is published until then, and its departure is known beforehand")
    func departure() throws {
        let house = try House()
        let tenant = try house.addTenant("acme", .es256).id
        let token = try Mint(house).token(.ws)
        let old = try #require(try house.signingKeys.list(tenant).first)
        let next = try house.signingKeys.rotate(tenant, algorithm: .edDSA)
        _ = try house.signingKeys.activate(next.kid, of: tenant)
        try house.forget()
        let state = try house.state()
        let end = try #require(state.ringEnds)
        #expect(state.ring.entries.count == 2)
        #expect(end.seconds - house.clock.now.seconds == 86_400 + 3_600)
        #expect(try Door(node: house).refusal(of: token) == nil, "another algorithm signs, the old key still verifies")
        house.clock.advance(milliseconds: 86_399_000)
        #expect(try Door(node: house).refusal(of: token) == nil)
        house.clock.advance(milliseconds: 1_000)
        #expect(try Door(node: house).refusal(of: token) == .expired)
        house.clock.advance(milliseconds: 3_600_000)
        try house.forget()
        #expect(try house.state().ring.entries.map(\.key.kid) == [next.kid])
        #expect(try house.state().ringEnds == nil)
        #expect(try house.signingKeys.list(tenant).map(\.kid).contains(old.kid), "it is kept, and can be made active")
    }
}
