import Domain
import Testing

@Suite("What a revocation voids")
struct RevocationDraftTests {
    private let now = Timestamp(milliseconds: 1_795_176_000_123)
    private let origin = AuditOrigin(actor: "key abcdefghijkl")

    private func draft(_ subject: Revocation.Subject, before: Timestamp? = nil, at moment: Timestamp? = nil) throws
        -> RevocationDraft
    {
        RevocationDraft(
            tenant: try #require(Tenant.ID("acme")), subject: subject, issuedBefore: before, by: origin,
            at: moment ?? now)
    }

    @Test("grants of the running millisecond are void, those of the next are not")
    func cutoff() throws {
        #expect(try draft(.tenant).cutoff.milliseconds == now.milliseconds + 1)
        let before = now.adding(seconds: -60)
        #expect(try draft(.tenant, before: before).cutoff == before)
    }

    @Test("one grant is void however far ahead the clock was by which it was born")
    func grantFromTheFuture() throws {
        let birth = now.adding(seconds: 30)
        let grant = Grant.ID(birth: birth, random: 1, moreRandom: 2)
        #expect(try draft(.grant(grant)).cutoff > birth)
    }

    @Test(
        "what is stored already is the answer where it says as much, and else goes on",
        arguments: [
            // Milliseconds of the stored cut-off after that of the draft; whether a moment is named; the answer's.
            (-5, false, Int64?.some(0)), (0, false, nil), (7, false, 8), (-5, true, 0), (0, true, nil), (7, true, nil),
        ])
    func settlement(ahead: Int, isNamed: Bool, expected: Int64?) throws {
        let user = Revocation.Subject.user(try #require(User.ID("u")))
        let draft = try draft(user, before: isNamed ? now.adding(seconds: -1) : nil)
        let cutoff = Timestamp(milliseconds: draft.cutoff.milliseconds + Int64(ahead))
        let prior = try self.draft(user, at: now.adding(seconds: -9)).stored(as: 1, cutoff: cutoff)
        let answer = expected.map {
            RevocationDraft.Settlement.new(cutoff: Timestamp(milliseconds: draft.cutoff.milliseconds + $0))
        }
        #expect(draft.settled(after: prior) == answer ?? .covered(prior))
        let later = try self.draft(user, at: prior.expiresAt)
        #expect(later.settled(after: prior) == .new(cutoff: later.cutoff), "the dead cover nothing")
    }

    @Test("places begin with the time, and grow also where the clock stands or goes back")
    func places() {
        let first = RevocationDraft.sequence(after: 0, at: now)
        #expect(first == now.milliseconds * 1_000 && first < 1 << 53)
        #expect(RevocationDraft.sequence(after: first, at: now) == first + 1)
        #expect(RevocationDraft.sequence(after: first, at: now.adding(seconds: -60)) == first + 1)
        #expect(RevocationDraft.oldestLive(at: now.adding(seconds: Revocation.life)) == first)
    }

    @Test("identifiers are read back, and nothing else is one", arguments: ["rev_1", "rev_9007199254740991"])
    func identifiers(text: String) {
        #expect(Revocation.ID(text)?.description == text)
        for bad in ["", "rev_", "rev_0", "rev_-1", "rev_01", "1", "rev_1 ", "Rev_1", "rev_99999999999999999999"] {
            #expect(Revocation.ID(bad) == nil)
        }
    }
}
