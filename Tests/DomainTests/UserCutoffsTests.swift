import Domain
import Testing

@Suite("Which tokens of a user are honoured, from memory")
struct UserCutoffsTests {
    private static let start = Timestamp(seconds: 1_800_000_000)
    private let acme: Tenant.ID, globex: Tenant.ID
    private let alice: User.ID, bob: User.ID
    private let cutoffs = UserCutoffs()

    init() throws {
        acme = try #require(Tenant.ID("acme"))
        globex = try #require(Tenant.ID("globex"))
        alice = try #require(User.ID("alice"))
        bob = try #require(User.ID("bob"))
    }

    private func apply(_ status: User.Status, of user: User.ID, at moment: Timestamp, now: Timestamp? = nil) {
        cutoffs.apply(
            UserCutoff(
                tenant: acme, reference: UserReference(acme, user), changedAt: moment,
                isDeactivated: status == .deactivated), now: now ?? moment)
    }

    @Test("A deactivated user's tokens are refused whenever they were born; nobody else's are")
    func deactivated() {
        #expect(cutoffs.refusal(acme, alice, born: Self.start) == nil)
        apply(.deactivated, of: alice, at: Self.start)
        for born in [-3_600, 0, 3_600] as [Int64] {
            #expect(cutoffs.refusal(acme, alice, born: Self.start.adding(seconds: born)) == .userDeactivated)
        }
        #expect(cutoffs.refusal(acme, bob, born: Self.start) == nil)
        #expect(cutoffs.refusal(globex, alice, born: Self.start) == nil, "another tenant's user of the same name")
    }

    @Test("Of a reactivated user only tokens born since are honoured")
    func reactivated() {
        apply(.deactivated, of: alice, at: Self.start)
        apply(.active, of: alice, at: Self.start.adding(seconds: 5))
        #expect(cutoffs.refusal(acme, alice, born: Self.start.adding(seconds: -1)) == .revoked)
        #expect(cutoffs.refusal(acme, alice, born: Self.start.adding(seconds: 5)) == .revoked)
        #expect(cutoffs.refusal(acme, alice, born: Self.start.adding(seconds: 6)) == nil)
    }

    @Test("What is heard late or twice changes nothing")
    func order() {
        apply(.active, of: alice, at: Self.start.adding(seconds: 5))
        apply(.deactivated, of: alice, at: Self.start)
        #expect(cutoffs.refusal(acme, alice, born: Self.start.adding(seconds: 6)) == nil)
        #expect(cutoffs.count == 1)
    }

    @Test("Nothing is forgotten while a token can be alive, everything soon after")
    func forgets() {
        apply(.deactivated, of: alice, at: Self.start)
        let later = Self.start.adding(seconds: UserCutoff.life)
        apply(.deactivated, of: bob, at: later)
        #expect(cutoffs.refusal(acme, alice, born: Self.start) == .userDeactivated)
        #expect(cutoffs.count == 2)
        apply(.deactivated, of: bob, at: later.adding(seconds: UserCutoff.life))
        #expect(cutoffs.refusal(acme, alice, born: Self.start) == nil)
        #expect(cutoffs.refusal(acme, bob, born: Self.start) == .userDeactivated)
    }

    @Test("The text of a cut-off says all of it and names nobody", arguments: [true, false])
    func text(isDeactivated: Bool) throws {
        let cutoff = UserCutoff(
            tenant: acme, reference: UserReference(acme, alice), changedAt: Self.start, isDeactivated: isDeactivated)
        #expect(UserCutoff(cutoff.text) == cutoff)
        #expect(!cutoff.text.contains("alice"))
        for bad in ["", "acme", cutoff.text + "/", cutoff.text.uppercased(), "acme/0f/1/active"] {
            #expect(UserCutoff(bad) == nil, "\(bad)")
        }
    }

    @Test("References of different users differ, also where texts look alike or could be split otherwise")
    func references() throws {
        let users = ["a", "A", "a ", "\u{E9}", "e\u{301}", "b/c"]
        let references = try users.map { UserReference(acme, try #require(User.ID($0))) }
        #expect(Set(references).count == users.count)
        #expect(UserReference(acme, alice) != UserReference(globex, alice))
        // `printf acme/alice | sha256sum`
        #expect(UserReference(acme, alice).text == "cb023568eca578b55e16817352ef05be")
    }
}
