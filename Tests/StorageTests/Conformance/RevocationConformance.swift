import Domain
import Testing
import Tokens

/// Two tenants, and a way to revoke.
private struct Scene {
    let storage: any Storage
    let acme: Application, globex: Application
    let store: Store

    init(_ backend: Backend) throws {
        store = try backend.makeEmpty()
        storage = store.storage
        acme = try Application.stored("acme", in: store)
        globex = try Application.stored("globex", in: store)
    }

    func draft(
        _ subject: Revocation.Subject, of tenant: Tenant.ID? = nil, before: Timestamp? = nil,
        at moment: Timestamp = .start
    ) -> RevocationDraft {
        RevocationDraft(
            tenant: tenant ?? acme.id, subject: subject, issuedBefore: before, reason: "why",
            by: AuditOrigin(actor: "key abcdefghijkl"), at: moment)
    }

    func user(_ id: String) throws -> Revocation.Subject { .user(try .of(id)) }

    func live(after sequence: Int64 = 0, of tenant: Tenant.ID? = nil, at moment: Timestamp = .start) throws
        -> [Revocation]
    {
        try storage.revocations(after: sequence, of: tenant, aliveAt: moment, limit: 1_000)
    }
}

@Suite("Revocations of every store")
struct RevocationConformance {
    @Test("Every kind is stored, read back as it was, in order, and told in the audit log", arguments: Backend.all)
    func everyKind(backend: Backend) throws {
        let scene = try Scene(backend)
        let subjects: [Revocation.Subject] = [
            .grant(Grant.ID(birth: .start, random: 3, moreRandom: 4)), try scene.user("é'\"\\"),
            .userHash(UserReference(scene.acme.id, try .of("gone"))),
            .apiKey(try #require(APIKey.ID("abcdefghijkl"))), .signingKey("kid-1"),
            .label(try #require(Label("device 7"))), .tenant,
        ]
        #expect(try scene.storage.newestRevocation() == 0)
        let stored = try scene.storage.revoke(subjects.map { scene.draft($0) })
        #expect(stored.map(\.subject) == subjects)
        #expect(stored.allSatisfy { $0.reason == "why" && $0.by == "key abcdefghijkl" && $0.createdAt == .start })
        #expect(stored.allSatisfy { $0.cutoff.milliseconds == Timestamp.start.milliseconds + 1 })
        #expect(zip(stored, stored.dropFirst()).allSatisfy { $0.sequence < $1.sequence })
        #expect(try scene.live() == stored)
        #expect(try scene.storage.newestRevocation() == stored.last?.sequence)
        var seen: [Revocation.Subject] = []
        let last = try scene.storage.forEachRevocation(aliveAt: .start) { _, subject, _, _ in seen.append(subject) }
        #expect(seen == subjects && last == stored.last?.sequence)
        let entries = try scene.storage.auditEntries(of: scene.acme.id, AuditQuery(limit: 100))
        #expect(entries.filter { $0.action == AuditAction.tokensRevoked.rawValue }.count == subjects.count)
    }

    @Test(
        "The same again is the same receipt where it says nothing new, and covers more where it does",
        arguments: Backend.all)
    func idempotent(backend: Backend) throws {
        let scene = try Scene(backend)
        let later = Timestamp.start.adding(seconds: 60)
        let grant = Revocation.Subject.grant(Grant.ID(birth: .start, random: 3, moreRandom: 4))
        let first = try scene.storage.revoke([scene.draft(grant), scene.draft(try scene.user("u"))])
        let again = try scene.storage.revoke([
            scene.draft(grant, at: later), scene.draft(try scene.user("u")),
            scene.draft(try scene.user("u"), before: .start.adding(seconds: -5), at: later),
        ])
        #expect(again == [first[0], first[1], first[1]])
        let wider = try scene.storage.revoke([scene.draft(try scene.user("u"), at: later)])
        #expect(wider.first?.cutoff.milliseconds == later.milliseconds + 1 && wider.first?.id != first[1].id)
        let twice = try scene.storage.revoke([
            scene.draft(try scene.user("two"), at: later), scene.draft(try scene.user("two"), at: later),
        ])
        #expect(twice[0] == twice[1], "in one batch too")
        #expect(try scene.live().count == 4)
    }

    @Test("A cut-off that is ahead of the clock is overtaken", arguments: Backend.all)
    func skewedClocks(backend: Backend) throws {
        let scene = try Scene(backend)
        let ahead = try scene.storage.revoke([scene.draft(try scene.user("u"), at: .start.adding(seconds: 2))])[0]
        let behind = try scene.storage.revoke([scene.draft(try scene.user("u"))])[0]
        #expect(behind.cutoff.milliseconds == ahead.cutoff.milliseconds + 1 && behind.sequence > ahead.sequence)
    }

    @Test(
        "Dead entries are not read, stay for as long as a grant may be refreshed, and are then deleted",
        arguments: Backend.all)
    func dead(backend: Backend) throws {
        let scene = try Scene(backend)
        let old = try scene.storage.revoke([scene.draft(.tenant), scene.draft(try scene.user("u"))])
        let end = old[0].expiresAt
        #expect(try scene.live(at: end.adding(seconds: -1)).count == 2 && scene.live(at: end).isEmpty)
        #expect(try scene.storage.forEachRevocation(aliveAt: end) { _, _, _, _ in } == 0)
        #expect(try scene.storage.revocation(old[0].id, of: scene.acme.id) == old[0])
        let gone = end.adding(seconds: Revocation.retention + 1)
        let new = try scene.storage.revoke([scene.draft(.tenant, at: gone)])
        #expect(try scene.storage.pruneRevocations(at: end, limit: 10, dryRun: false) == 0)
        #expect(try scene.storage.pruneRevocations(at: gone, limit: 10, dryRun: true) == 2)
        #expect(try scene.storage.pruneRevocations(at: gone, limit: 1, dryRun: false) == 1)
        #expect(try scene.storage.pruneRevocations(at: gone, limit: 10, dryRun: false) == 1)
        #expect(try scene.storage.revocation(old[1].id, of: scene.acme.id) == nil)
        #expect(try scene.live(at: gone) == new)
    }

    @Test("A tenant reads, and covers, only its own; what is one tenant's is not the other's", arguments: Backend.all)
    func isolation(backend: Backend) throws {
        let scene = try Scene(backend)
        let own = try scene.storage.revoke([scene.draft(try scene.user("u"))])[0]
        let other = try scene.storage.revoke([scene.draft(try scene.user("u"), of: scene.globex.id)])[0]
        #expect(own.id != other.id)
        #expect(try scene.live(of: scene.acme.id) == [own] && scene.live(of: scene.globex.id) == [other])
        #expect(try scene.storage.revocation(own.id, of: scene.globex.id) == nil)
        let ghost = scene.draft(.tenant, of: try Application("ghost").id)
        let draft = scene.draft(try scene.user("v"))
        #expect(failure { () throws(StoreFailure) in try scene.storage.revoke([draft, ghost]) }?.isMissing == true)
        #expect(try scene.live().count == 2, "all or nothing")
    }

    @Test(
        "Many at once get places of their own, and a reader that goes on from the last misses none",
        arguments: Backend.all)
    func concurrent(backend: Backend) throws {
        let scene = try Scene(backend)
        let drafts = try (0..<40).map { scene.draft(try scene.user("u\($0)")) }
        let storage = scene.storage
        let worked = atOnce(40) { index in (try? storage.revoke([drafts[index]])) != nil }
        #expect(worked.allSatisfy { $0 == true })
        let all = try scene.live()
        #expect(Set(all.map(\.sequence)).count == 40)
        #expect(try scene.live(after: all[9].sequence) == Array(all[10...]))
        #expect(try storage.revocations(after: 0, of: nil, aliveAt: .start, limit: 7) == Array(all[..<7]))
    }

    @Test("Readers are told apart by tenant and kind, never go back, and are bounded", arguments: Backend.all)
    func readers(backend: Backend) throws {
        let scene = try Scene(backend)
        func note(_ kind: RevocationReader.Kind, _ tenant: Tenant.ID?, _ sequence: Int64, at moment: Timestamp = .start)
            throws
        {
            try scene.storage.note(
                RevocationReader(kind: kind, tenant: tenant, name: "one", sequence: sequence, seenAt: moment))
        }
        try note(.node, nil, 5)
        try note(.verifier, scene.acme.id, 7)
        try note(.verifier, scene.acme.id, 6, at: .start.adding(seconds: 9))
        try note(.verifier, scene.globex.id, 8)
        let seen = try scene.storage.revocationReaders(of: scene.acme.id, since: .start)
        #expect(seen.map(\.kind) == [.node, .verifier] && seen.map(\.sequence) == [5, 7])
        #expect(seen.map(\.seenAt) == [.start, .start.adding(seconds: 9)])
        #expect(try scene.storage.revocationReaders(of: scene.acme.id, since: .start.adding(seconds: 1)).count == 1)
    }
}
