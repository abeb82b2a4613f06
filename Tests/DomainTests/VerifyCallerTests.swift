import Domain
import Testing
import Tokens

@Suite("A verifier learns about tokens it may ask about, by the state of their tenant and key")
struct VerifyCallerTests {
    private let house: House

    init() throws {
        house = try House()
        try house.addTenant("acme")
        try house.addTenant("globex")
    }

    @Test("a tenant's key may ask about the tenant's own tokens and learns nothing about another's")
    func tenants() throws {
        let tokens = try ["acme", "globex"].map { try Mint(house, tenant: $0).token(.ws) }
        let doors = try ["acme", "globex"].map { try Door(house, tenant: $0) }
        for door in 0..<2 {
            for token in 0..<2 {
                let refusal = try doors[door].refusal(of: tokens[token])
                #expect(refusal == (door == token ? nil : .issuerUnknown))
            }
        }
    }

    @Test("about another tenant's token a tenant's key gets one answer, whether it is valid, expired or forged")
    func oneAnswer() throws {
        let door = try Door(house, tenant: "acme")
        let token = try Mint(house, tenant: "globex").token(.ws)
        let forged = "\(token.dropLast(4))AAAA"
        for token in [token, forged] { #expect(try door.refusal(of: token) == .issuerUnknown) }
        #expect(try door.refusal(of: token, expect: .rest) == .issuerUnknown)
        house.clock.advance(milliseconds: 90_000_000)
        #expect(try door.refusal(of: token) == .issuerUnknown)
    }

    @Test("a node key may ask about every tenant's tokens")
    func node() throws {
        let door = try Door(node: house)
        for tenant in ["acme", "globex"] {
            #expect(try door.refusal(of: Mint(house, tenant: tenant).token(.ws)) == nil)
        }
    }

    @Test("one tenant's claims under another tenant's key are refused")
    func foreignKey() throws {
        let globex = try Mint(house, tenant: "globex")
        let payload = try part(1, of: try Mint(house, tenant: "acme").token(.ws))
        let key = try globex.signingKey()
        let token = try Mint.sign(#"{"alg":"HS256","typ":"JWT","kid":"\#(key.kid)"}"#, payload, by: key)
        #expect(try Door(node: house).refusal(of: token) == .keyUnknown)
        #expect(try Door(house, tenant: "acme").refusal(of: token) == .keyUnknown)
        #expect(try Door(house, tenant: "globex").refusal(of: token) == .issuerUnknown)
    }

    @Test("the tokens of a suspended tenant are refused and valid again when it is resumed")
    func suspension() throws {
        let door = try Door(node: house)
        let id = try house.state("acme").tenant.id
        let token = try Mint(house).token(.ws)
        _ = try house.tenants.suspend(id)
        try house.forget("acme")
        #expect(try door.refusal(of: token) == .tenantSuspended)
        #expect(try door.refusal(of: Mint(house, tenant: "globex").token(.ws)) == nil)
        _ = try house.tenants.resume(id)
        try house.forget("acme")
        #expect(try door.refusal(of: token) == nil)
    }

    @Test("keys that stand by, sign or have retired verify; a revoked key verifies nothing")
    func keyStates() throws {
        let door = try Door(node: house)
        let id = try house.state("acme").tenant.id
        let first = try Mint(house).token(.ws)
        let kid = try Mint(house).signingKey().kid
        let standby = try house.signingKeys.create(for: id).kid
        try house.forget("acme")
        let early = try tokenOfKey(standby)
        #expect(try door.refusal(of: early) == nil)
        _ = try house.signingKeys.activate(standby, of: id)
        try house.forget("acme")
        #expect(try Mint(house).signingKey(.retired).kid == kid)
        #expect(try door.refusal(of: first) == nil && door.refusal(of: Mint(house).token(.ws)) == nil)
        _ = try house.signingKeys.revoke(kid, of: id)
        try house.forget("acme")
        #expect(try door.refusal(of: first) == .keyUnknown)
        #expect(try door.refusal(of: early) == nil)
        _ = try house.signingKeys.revoke(standby, of: id, replacing: true)
        try house.forget("acme")
        #expect(try door.refusal(of: early) == .keyUnknown)
        #expect(try door.refusal(of: Mint(house).token(.ws)) == nil)
    }

    private func tokenOfKey(_ kid: String) throws -> String {
        let mint = try Mint(house)
        let key = try #require(mint.state.ring.key(kid: kid)).0
        return try Mint.sign(#"{"alg":"HS256","typ":"JWT","kid":"\#(kid)"}"#, part(1, of: mint.token(.ws)), by: key)
    }
}
