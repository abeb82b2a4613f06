import Domain
import Testing

/// An index and what it takes to ask it.
private struct Ledger {
    let index = RevocationIndex()
    let acme: Tenant.ID
    let now = Timestamp(milliseconds: 1_795_176_000_000)

    init() throws { acme = try #require(Tenant.ID("acme")) }

    func revoke(_ subject: Revocation.Subject, before: Int64, of tenant: Tenant.ID? = nil, lives: Int64 = 86_400) {
        index.insert(
            subject, of: tenant ?? acme, cutoff: Timestamp(milliseconds: now.milliseconds + before),
            expires: now.adding(seconds: lives))
    }

    /// The cut-off in milliseconds from now; nil: none.
    func cutoff(
        grant: Grant.ID? = nil, user: String = "u", key: String = "abcdefghijkl", kid: String = "k", label: String = "",
        of tenant: Tenant.ID? = nil, at moment: Timestamp? = nil
    ) -> Int64? {
        let found = index.cutoff(
            of: index.tenant(tenant ?? acme), grant: grant, user: user.utf8.span, apiKey: key.utf8.span,
            signingKey: kid.utf8.span, label: label.utf8.span, at: moment ?? now)
        return found == 0 ? nil : found - now.milliseconds
    }
}

@Suite("The revocations in memory")
struct RevocationIndexTests {
    @Test("each kind matches what it names and nothing else, and the largest cut-off counts")
    func kinds() throws {
        let ledger = try Ledger()
        let grant = Grant.ID(birth: ledger.now, random: 1, moreRandom: 2)
        #expect(ledger.cutoff(grant: grant, label: "d") == nil)
        ledger.revoke(.grant(grant), before: 1)
        ledger.revoke(.user(try #require(User.ID("mallory"))), before: 2)
        ledger.revoke(.apiKey(try #require(APIKey.ID("ZZZZZZZZZZZZ"))), before: 3)
        ledger.revoke(.signingKey("old"), before: 4)
        ledger.revoke(.label(try #require(Label("device"))), before: 5)
        #expect(ledger.cutoff() == nil)
        #expect(ledger.cutoff(grant: Grant.ID(birth: ledger.now, random: 1, moreRandom: 3)) == nil)
        #expect(ledger.cutoff(grant: grant) == 1)
        #expect(ledger.cutoff(grant: grant, user: "mallory") == 2)
        #expect(ledger.cutoff(key: "ZZZZZZZZZZZZ") == 3 && ledger.cutoff(kid: "old") == 4)
        #expect(ledger.cutoff(user: "mallory", kid: "old", label: "device") == 5)
        // The same text is another subject in another kind.
        #expect(ledger.cutoff(user: "device") == nil && ledger.cutoff(label: "mallory") == nil)
        ledger.revoke(.tenant, before: 6)
        #expect(ledger.cutoff() == 6 && ledger.index.count == 5)
    }

    @Test("tenants are apart, and texts that look the same are not the same")
    func apart() throws {
        let ledger = try Ledger()
        let other = try #require(Tenant.ID("umbrella"))
        ledger.revoke(.user(try #require(User.ID("\u{E9}"))), before: 1)
        #expect(ledger.cutoff(user: "\u{E9}") == 1)
        #expect(ledger.cutoff(user: "e\u{301}") == nil && ledger.cutoff(user: "\u{E9}", of: other) == nil)
    }

    @Test("an earlier cut-off does not replace a later one, and adding again adds nothing")
    func merging() throws {
        let ledger = try Ledger()
        let user = Revocation.Subject.user(try #require(User.ID("u")))
        for before in [5, 3, 5, 9, 1] as [Int64] { ledger.revoke(user, before: before) }
        #expect(ledger.cutoff() == 9 && ledger.index.count == 1)
        #expect(ledger.index.newestCutoff == ledger.now.milliseconds + 9)
    }

    @Test("a single grant, of however far ahead, does not hold up those who issue")
    func farGrant() throws {
        let ledger = try Ledger()
        ledger.revoke(
            .grant(Grant.ID(birth: Timestamp(milliseconds: 1 << 47), random: 3, moreRandom: 4)), before: 1 << 46)
        #expect(ledger.index.count == 1 && ledger.index.newestCutoff == 0)
        ledger.revoke(.tenant, before: 2)
        #expect(ledger.index.newestCutoff == ledger.now.milliseconds + 2)
    }

    @Test("a hundred thousand are all found, and only the dead go")
    func many() throws {
        let ledger = try Ledger()
        for number in 0..<100_000 {
            ledger.revoke(
                .user(try #require(User.ID("u\(number)"))), before: Int64(number) + 1,
                lives: number % 4 == 0 ? 86_400 : 600)
        }
        #expect(ledger.index.count == 100_000)
        #expect((0..<100_000).allSatisfy { ledger.cutoff(user: "u\($0)") == Int64($0) + 1 })
        #expect((100_000..<200_000).allSatisfy { ledger.cutoff(user: "u\($0)") == nil })
        for _ in 0..<256 { ledger.index.sweep(at: ledger.now.adding(seconds: 599)) }
        #expect(ledger.index.count == 100_000)
        for _ in 0..<256 { ledger.index.sweep(at: ledger.now.adding(seconds: 700)) }
        #expect(ledger.index.count == 25_000)
        #expect((0..<25_000).allSatisfy { ledger.cutoff(user: "u\($0 * 4)") == Int64($0) * 4 + 1 })
        #expect(ledger.cutoff(user: "u1") == nil)
        for _ in 0..<256 { ledger.index.sweep(at: ledger.now.adding(seconds: 86_500)) }
        #expect(ledger.index.count == 0)
    }

    @Test("whoever has nothing alive is not looked up")
    func silent() throws {
        let ledger = try Ledger()
        ledger.revoke(.tenant, before: 1, lives: 60)
        #expect(ledger.cutoff(at: ledger.now.adding(seconds: 59)) == 1)
        #expect(ledger.cutoff(at: ledger.now.adding(seconds: 60)) == nil)
    }
}
