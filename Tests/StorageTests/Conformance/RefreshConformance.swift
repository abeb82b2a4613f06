import Domain
import Testing
import Tokens

@Suite("Refreshing in every store")
struct RefreshConformance {
    @Test(
        "The newest token brings the next, the one before it brings the same, and each counts a pair",
        arguments: Backend.all)
    func rotates(backend: Backend) throws {
        let scene = try RefreshScene(backend)
        let first = try scene.refresh(0)
        let terms = RefreshTerms(
            user: try .of("u"), apiKey: try #require(APIKey.ID("abcdefghijkl")), life: 60,
            channels: Array("[\"a\"]".utf8), label: Label("room é"))
        #expect(try first == .refreshed(.of("u", name: "Uma"), terms, counter: 1))
        #expect(try scene.refresh(0) == first)
        #expect(try scene.next(1) == 2)
        #expect(try scene.next(1) == 2)
        #expect(try scene.next(2) == 3)
        #expect(try scene.pairs == 6)
    }

    @Test(
        "An older token is told as such, changes nothing, and a grant that was ended stays ended",
        arguments: Backend.all)
    func reuse(backend: Backend) throws {
        let scene = try RefreshScene(backend)
        #expect(try scene.next(0) == 1 && scene.next(1) == 2)
        #expect(try scene.refresh(0) == .reused(.of("u")))
        #expect(try scene.pairs == 3)
        #expect(try scene.next(2) == 3)
        let audit = AuditDraft(
            .refreshReused, for: scene.acme.id, by: AuditOrigin(actor: "client"), target: "grant \(scene.grant)",
            at: .start)
        let revocation = try #require(try scene.end(recording: audit))
        #expect(revocation.subject == .grant(scene.grant) && revocation.reason == "theft")
        #expect(revocation.cutoff > scene.grant.birth)
        #expect(
            try scene.store.storage.revocations(after: 0, of: scene.acme.id, aliveAt: .start, limit: 9) == [revocation])
        #expect(try scene.end(recording: audit) == nil)
        for counter in UInt32(0)...4 { #expect(try scene.refresh(counter) == .ended) }
        let entries = try scene.store.storage.auditEntries(of: scene.acme.id, AuditQuery(limit: 10))
        #expect(entries.map(\.action).filter { $0 == AuditAction.refreshReused.rawValue }.count == 1)
        #expect(!entries.contains { $0.action == AuditAction.tokensRevoked.rawValue }, "one act, one entry")
        #expect(try scene.pairs == 4)
    }

    @Test("A genuine token that the store has forgotten, as after a restore, goes on", arguments: Backend.all)
    func forgotten(backend: Backend) throws {
        let scene = try RefreshScene(backend)
        #expect(try scene.next(7) == 8)
        #expect(
            try scene.next(7) == 8 && scene.refresh(6) == .reused(.of("u")) && scene.refresh(.max) == .reused(.of("u")))
    }

    @Test("A grant ends at its end, which each refresh moves", arguments: Backend.all)
    func ends(backend: Backend) throws {
        let scene = try RefreshScene(backend, endsIn: 100)
        #expect(try scene.refresh(0, after: 100) == .ended)
        guard case .refreshed = try scene.refresh(0, after: 99, endsIn: 50) else {
            Issue.record("the grant has not ended")
            return
        }
        guard case .refreshed = try scene.refresh(1, after: 148, endsIn: 1) else {
            Issue.record("the refresh moved the end")
            return
        }
        #expect(try scene.refresh(2, after: 149) == .ended)
    }

    @Test("Another tenant's grant does not exist", arguments: Backend.all)
    func isolation(backend: Backend) throws {
        let scene = try RefreshScene(backend)
        let other = try Application.stored("other", in: scene.store)
        #expect(try scene.refresh(0, of: other.id) == .ended)
        let audit = AuditDraft(.refreshReused, for: other.id, by: AuditOrigin(actor: "client"), at: .start)
        #expect(try scene.end(of: other.id, recording: audit) == nil)
        #expect(try scene.next(0) == 1)
    }

    @Test("The quota is exact for refreshed pairs too, and a refusal leaves the token good", arguments: Backend.all)
    func quota(backend: Backend) throws {
        let scene = try RefreshScene(backend, quota: 3)
        #expect(try scene.next(0) == 1 && scene.next(1) == 2)
        #expect(try scene.refresh(2) == .quotaExceeded)
        #expect(try scene.pairs == 3)
        let issued = try scene.store.storage.issue([scene.acme.command("u")])
        #expect(issued == [.quotaExceeded])
    }

    @Test("A refused command leaves no grant to refresh", arguments: Backend.all)
    func refused(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store, quota: 1)
        let ids = (0..<2).map { Grant.ID(birth: .start, random: 7, moreRandom: $0) }
        let outcomes = try store.storage.issue([
            acme.command("a").refreshable(as: ids[0]), acme.command("b").refreshable(as: ids[1]),
        ])
        #expect(outcomes.map(\.isIssued) == [true, false])
        #expect(try store.storage.pruneRefreshing(at: .start.adding(seconds: 10_000), limit: 10, dryRun: false) == 1)
    }

    @Test("Dead grants are pruned, no more than asked for, and living ones stay", arguments: Backend.all)
    func prune(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        _ = try store.storage.issue(
            (0..<5).map { number in
                let id = Grant.ID(birth: .start, random: 7, moreRandom: UInt64(number))
                return try acme.command("u\(number)").refreshable(as: id, endsIn: Int64(number + 1) * 100)
            })
        let moment = Timestamp.start.adding(seconds: 300)
        #expect(try store.storage.pruneRefreshing(at: moment, limit: 2, dryRun: true) == 3)
        for count: Int64 in [2, 1, 0] {
            #expect(try store.storage.pruneRefreshing(at: moment, limit: 2, dryRun: false) == count)
        }
    }

    @Test("The sealed key is kept: the first one stored stays", arguments: Backend.all)
    func key(backend: Backend) throws {
        let store = try backend.makeEmpty()
        #expect(try store.storage.refreshKey() == nil)
        #expect(try store.storage.setRefreshKey([1, 2], at: .start) == [1, 2])
        #expect(try store.storage.setRefreshKey([3], at: .start) == [1, 2])
        #expect(try store.storage.refreshKey() == [1, 2])
    }

    @Test("Ten at once with one token get the same next one", arguments: Backend.all)
    func tabs(backend: Backend) throws {
        let scene = try RefreshScene(backend)
        for counter in UInt32(0)..<5 {
            let next = atOnce(10) { _ in (try? scene.next(counter)) ?? nil }
            #expect(next == Array(repeating: counter + 1, count: 10))
        }
        #expect(try scene.pairs == 51)
    }
}

extension IssueCommand {
    /// The same with a grant that can be refreshed.
    func refreshable(as id: Grant.ID, endsIn seconds: Int64 = 600) -> IssueCommand {
        let terms = RefreshTerms(
            user: change.id, apiKey: draft.apiKey, life: 60, channels: Array("[\"a\"]".utf8), label: Label("room é"))
        return IssueCommand(
            change: change, month: month, quota: quota, draft: draft,
            refresh: RefreshableGrant(
                tenant: tenant, id: id, terms: terms, endsAt: Timestamp.start.adding(seconds: seconds)))
    }
}
