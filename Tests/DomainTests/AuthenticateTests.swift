import Domain
import Testing
import Tokens

@Suite("An API key proves who calls, and a wrong one learns nothing")
struct AuthenticateTests {
    private let house: House
    private let authenticate: Authenticate

    init() throws {
        house = try House()
        try house.addTenant()
        authenticate = Authenticate(directory: house.directory, world: house.world)
    }

    private func tenantKey(_ scopes: Scopes? = nil, expiresIn: Int? = nil) throws -> ManageKeys.Issued {
        try house.keys.create(
            for: .tenant(try house.state().tenant.id), name: "k", scopes: scopes, expiresIn: expiresIn)
    }

    /// The failure, or nil where the key is good; loads what it takes.
    private func failure(_ text: String?, needs scope: Scopes = .verify) throws -> Failure? {
        for _ in 0..<4 {
            switch authenticate(text, needs: scope) {
            case .caller: return nil
            case .refused(let failure): return failure
            case .load(let want): try house.directory.load(want)
            }
        }
        throw House.Absent()
    }

    private func forget(_ id: APIKey.ID) {
        house.directory.apply([Change(sequence: 1, subject: .apiKey(id))])
    }

    @Test("a good key makes its owner the caller")
    func callers() throws {
        let tenant = try tenantKey()
        #expect(try failure(tenant.text) == nil)
        guard case .caller(let caller) = authenticate(tenant.text, needs: .issue) else {
            Issue.record("refused"); return
        }
        #expect(caller.key == tenant.key && caller.tenant?.tenant.id.text == "acme")
        let node = try house.keys.create(for: .node, name: "gateway")
        #expect(try failure(node.text) == nil)
        guard case .caller(let caller) = authenticate(node.text, needs: .verify) else {
            Issue.record("refused"); return
        }
        #expect(caller.tenant == nil)
    }

    @Test("a missing key is missing, a malformed one is invalid, and neither costs a look-up")
    func malformed() throws {
        let text = try tenantKey().text
        let before = house.directory.lookups
        #expect(try failure(nil) == .apiKeyMissing && failure("") == .apiKeyMissing)
        for wrong in ["x", String(text.dropLast()), text + "0", "other" + text.dropFirst(7)] {
            #expect(try failure(wrong) == .apiKeyInvalid)
        }
        for index in text.indices {
            let digit = text[index] == "A" ? "B" : "A"
            #expect(try failure(text[..<index] + digit + text[index...].dropFirst()) == .apiKeyInvalid)
        }
        #expect(house.directory.lookups == before)
    }

    @Test("an unknown identifier and a wrong secret get the same answer")
    func sameAnswer() throws {
        let key = try tenantKey().key
        let unknown = APIKey.Secret(prefix: "chatsdk", world: house.world).revealOnce()
        let wrongSecret = APIKey.Secret(for: key.id, prefix: "chatsdk", world: house.world).revealOnce()
        #expect(try failure(unknown) == .apiKeyInvalid && failure(wrongSecret) == .apiKeyInvalid)
    }

    @Test("that a key was revoked or has expired is told to who holds its secret, and to nobody else")
    func revokedAndExpired() throws {
        let revoked = try tenantKey()
        _ = try house.keys.revoke(revoked.key.id)
        let expiring = try tenantKey(expiresIn: 60)
        #expect(try failure(revoked.text) == .apiKeyRevoked)
        #expect(try failure(expiring.text) == nil)
        house.clock.advance(milliseconds: 59_999)
        house.directory.confirmFresh(now: house.clock.monotonic)
        #expect(try failure(expiring.text) == nil)
        house.clock.advance(milliseconds: 1)
        #expect(try failure(expiring.text) == .apiKeyExpired)
        for id in [revoked.key.id, expiring.key.id] {
            let guess = APIKey.Secret(for: id, prefix: "chatsdk", world: house.world).revealOnce()
            #expect(try failure(guess) == .apiKeyInvalid)
        }
    }

    @Test("a rotated secret works to the end of its grace and not a millisecond longer")
    func grace() throws {
        let first = try tenantKey()
        let second = try house.keys.rotate(first.key.id, graceSeconds: 10)
        forget(first.key.id)
        #expect(try failure(first.text) == nil && failure(second.text) == nil)
        house.clock.advance(milliseconds: 10_000)
        #expect(try failure(first.text) == nil)
        house.clock.advance(milliseconds: 1)
        #expect(try failure(first.text) == .apiKeyInvalid && failure(second.text) == nil)
    }

    @Test("rotated without grace, the old secret stops at once")
    func noGrace() throws {
        let first = try tenantKey()
        let second = try house.keys.rotate(first.key.id, graceSeconds: 0)
        forget(first.key.id)
        #expect(try failure(first.text) == .apiKeyInvalid && failure(second.text) == nil)
    }

    @Test("a revoked key's former secret is no way in")
    func revokedWithinGrace() throws {
        let first = try tenantKey()
        let second = try house.keys.rotate(first.key.id, graceSeconds: 100)
        _ = try house.keys.revoke(first.key.id, reason: "leaked")
        forget(first.key.id)
        #expect(try failure(first.text) == .apiKeyInvalid && failure(second.text) == .apiKeyRevoked)
    }

    @Test("a key needs the scope that is asked for")
    func scopes() throws {
        let key = try tenantKey(.verify)
        #expect(try failure(key.text, needs: .verify) == nil)
        #expect(try failure(key.text, needs: .issue) == .scopeMissing("tokens:issue"))
        #expect(try failure(key.text, needs: [.verify, .issue]) == .scopeMissing("tokens:issue tokens:verify"))
    }

    @Test("the keys of a suspended tenant are refused as such")
    func suspended() throws {
        let key = try tenantKey()
        _ = try house.tenants.suspend(try house.state().tenant.id)
        try house.forget()
        #expect(try failure(key.text) == .tenantSuspended)
    }

    @Test("memory that may be out of step is not believed")
    func stale() throws {
        let key = try tenantKey()
        #expect(try failure(key.text) == nil)
        house.clock.advance(milliseconds: 30_000)
        #expect(try failure(key.text) == .storageUnavailable)
        house.directory.confirmFresh(now: house.clock.monotonic)
        #expect(try failure(key.text) == nil)
    }
}
