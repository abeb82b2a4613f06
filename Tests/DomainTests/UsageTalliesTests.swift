import Domain
import SQLiteStorage
import Testing

@Suite("What tenants use is counted in memory and stored now and then")
struct UsageTalliesTests {
    private func counts(_ house: House, by grouping: UsageGrouping = .key) throws -> [String: Int64] {
        let tenant = try #require(Tenant.ID("acme"))
        let today = Day(of: house.world.now())
        let counts = try house.storage.usage(of: tenant, from: today, through: today, by: grouping)
        return Dictionary(
            uniqueKeysWithValues: counts.map { ("\($0.key?.text ?? "-") \($0.kind) \($0.code)", $0.count) })
    }

    @Test("verdicts count for the tenant's key that asks, else for the tenant whose token it is, or for nobody")
    func verdicts() throws {
        let house = try House()
        let acme = try house.addTenant()
        try house.addTenant("other")
        let mint = try Mint(house)
        let own = try Door(house, tenant: "acme"), node = try Door(node: house)
        let other = try Door(house, tenant: "other")
        let token = try mint.token(.ws)
        #expect(try own.refusal(of: token) == nil)
        #expect(try own.refusal(of: token) == nil)
        #expect(try own.refusal(of: token, expect: .rest) == .wrongKind)
        #expect(try own.refusal(of: "nonsense") == .malformed)
        #expect(try node.refusal(of: token) == nil)
        #expect(try node.refusal(of: "nonsense") == .malformed, "whose it is cannot be told")
        #expect(try other.refusal(of: token) == .issuerUnknown)
        #expect(try counts(house).isEmpty, "nothing is written on the way")
        for _ in 0..<2 { try house.directory.tallies.flush(into: house.storage, at: house.world.now()) }
        let key = try #require(try house.keys.list(of: .tenant(acme.id)).last).id
        #expect(
            try counts(house) == [
                "\(key) verification valid": 2, "\(key) verification token_wrong_kind": 1,
                "\(key) verification token_malformed": 1, "- verification valid": 1,
            ])
        #expect(try node.refusal(of: token) == nil)
        try house.directory.tallies.flush(into: house.storage, at: house.world.now())
        #expect(try counts(house)["- verification valid"] == 2)
    }

    @Test("refusals of a key that is known count, those of one that is not do not")
    func refusals() throws {
        let house = try House()
        let acme = try house.addTenant()
        let issued = try house.keys.create(for: .tenant(acme.id), name: "k", scopes: .issue)
        let authenticate = Authenticate(directory: house.directory, world: house.world)
        func ask(_ text: String, _ scope: Scopes) throws {
            while case .load(let want) = authenticate(text, needs: scope) { try house.directory.load(want) }
        }
        try ask(issued.text, .verify)
        try ask(issued.text, .issue)
        try ask("chatsdk_" + String(repeating: "0", count: 50), .issue)
        _ = try house.keys.revoke(issued.key.id)
        house.directory.apply([Change(sequence: 1, subject: .apiKey(issued.key.id))])
        try ask(issued.text, .issue)
        try house.directory.tallies.flush(into: house.storage, at: house.world.now())
        let key = issued.key.id
        #expect(
            try counts(house) == ["\(key) refusal scope_missing": 1, "\(key) refusal api_key_revoked": 1])
    }

    @Test("what could not be stored is stored the next time")
    func failure() throws {
        let house = try House()
        try house.addTenant()
        let mint = try Mint(house)
        let node = try Door(node: house)
        #expect(try node.refusal(of: mint.token(.ws)) == nil)
        let broken = try House()
        try broken.storage.close()
        for _ in 0..<3 {
            #expect(throws: StoreFailure.self) {
                try house.directory.tallies.flush(into: broken.storage, at: house.world.now())
            }
        }
        #expect(try node.refusal(of: mint.token(.ws)) == nil)
        try house.directory.tallies.flush(into: house.storage, at: house.world.now())
        #expect(try counts(house) == ["- verification valid": 2])
    }
}
