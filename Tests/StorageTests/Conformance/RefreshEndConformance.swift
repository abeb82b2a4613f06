import Domain
import Testing
import Tokens

/// An application with one user who has one grant that can be refreshed.
struct RefreshScene {
    let store: Store
    let acme: Application
    let grant: Grant.ID

    init(_ backend: Backend, quota: Int64? = nil, endsIn seconds: Int64 = 600) throws {
        store = try backend.makeEmpty()
        acme = try Application.stored("acme", in: store, quota: quota)
        grant = Grant.ID(birth: .start, random: 7, moreRandom: 9)
        let outcomes = try store.storage.issue([
            acme.command("u", name: .set("Uma")).refreshable(as: grant, endsIn: seconds)
        ])
        #expect(outcomes.map(\.isIssued) == [true])
    }

    func refresh(
        _ counter: UInt32, of tenant: Tenant.ID? = nil, after seconds: Int64 = 1, endsIn life: Int64 = 600
    ) throws(StoreFailure) -> RefreshOutcome {
        let now = Timestamp.start.adding(seconds: seconds)
        return try store.storage.refresh(
            RefreshCommand(
                token: RefreshToken(tenant: tenant ?? acme.id, grant: grant, counter: counter),
                signingKey: "kid-1", month: Month(of: now), quota: acme.tenant.quota, at: now,
                endsAt: now.adding(seconds: life)))
    }

    func end(of tenant: Tenant.ID? = nil, recording audit: AuditDraft) throws(StoreFailure) -> Revocation? {
        try store.storage.endRefreshing(grant, of: tenant ?? acme.id, because: "theft", recording: audit)
    }

    func revoke(_ subject: Revocation.Subject, of tenant: Tenant.ID? = nil, before: Timestamp? = nil) throws {
        let draft = RevocationDraft(
            tenant: tenant ?? acme.id, subject: subject, issuedBefore: before, by: AuditOrigin(actor: "test"),
            at: .start)
        _ = try store.storage.revoke([draft])
    }

    /// The counter of the token that is handed out; nil where none is.
    func next(_ counter: UInt32) throws(StoreFailure) -> UInt32? {
        guard case .refreshed(_, _, let next) = try refresh(counter) else { return nil }
        return next
    }

    var pairs: Int64 { get throws { try store.storage.issuedPairs(acme.id, in: Month(of: .start)) } }
}

@Suite("What ends refreshing in every store")
struct RefreshEndConformance {
    @Test("The API key's revocation ends its grants", arguments: Backend.all)
    func keyRevoked(backend: Backend) throws {
        let scene = try RefreshScene(backend)
        let key = try APIKey.sample("abcdefghijkl", owner: .tenant(scene.acme.id))
        try scene.store.storage.create(key)
        #expect(try scene.next(0) == 1)
        try scene.store.storage.revoke(key, with: APIKey.Revocation(at: .start, reason: "leaked", by: "test"))
        #expect(try scene.refresh(1) == .ended)
    }

    @Test("Whatever revokes the grant, or what it would sign, ends it; nothing else does", arguments: Backend.all)
    func revoked(backend: Backend) throws {
        let subjects: [Revocation.Subject] = [
            .grant(Grant.ID(birth: .start, random: 7, moreRandom: 9)), .user(try .of("u")),
            .apiKey(try #require(APIKey.ID("abcdefghijkl"))), .signingKey("kid-1"),
            .label(try #require(Label("room é"))), .tenant,
        ]
        for subject in subjects {
            let scene = try RefreshScene(backend)
            let other = try Application.stored("other", in: scene.store)
            try scene.revoke(subject, of: other.id)
            // A single grant is revoked once, and then all of it.
            if subject.kind != .grant { try scene.revoke(subject, before: scene.grant.birth) }
            #expect(try scene.next(0) == 1, "\(subject)")
            try scene.revoke(subject)
            #expect(try scene.refresh(1) == .ended, "\(subject)")
            #expect(try scene.pairs == 2)
        }
        let scene = try RefreshScene(backend)
        for subject: Revocation.Subject in [
            .grant(Grant.ID(birth: .start, random: 7, moreRandom: 8)), .user(try .of("v")),
            .apiKey(try #require(APIKey.ID("abcdefghijkm"))), .signingKey("kid-2"),
            .label(try #require(Label("room e"))),
        ] { try scene.revoke(subject) }
        #expect(try scene.next(0) == 1)
    }

    @Test("A deactivated user gets no tokens, nor those of before once he is active again", arguments: Backend.all)
    func deactivated(backend: Backend) throws {
        let scene = try RefreshScene(backend)
        let later = Timestamp.start.adding(seconds: 1)
        for (status, outcome) in [(User.Status.deactivated, RefreshOutcome.userDeactivated), (.active, .ended)] {
            let audit = AuditDraft(.userDeactivated, for: scene.acme.id, by: AuditOrigin(actor: "test"), at: later)
            _ = try scene.store.storage.setStatus(
                status, of: try .of("u"), of: scene.acme.id, at: later, recording: audit)
            #expect(try scene.refresh(0) == outcome)
        }
        #expect(try scene.pairs == 1)
    }

    @Test("Nothing of an erased user's grants is kept", arguments: Backend.all)
    func erased(backend: Backend) throws {
        let scene = try RefreshScene(backend)
        let audit = AuditDraft(.userPurged, for: scene.acme.id, by: AuditOrigin(actor: "test"), at: .start)
        _ = try scene.store.storage.purge(try .of("u"), of: scene.acme.id, at: .start, recording: audit)
        #expect(
            try scene.store.storage.pruneRefreshing(at: .start.adding(seconds: 10_000), limit: 9, dryRun: true) == 0)
        _ = try scene.store.storage.issue([scene.acme.command("u")])
        #expect(try scene.refresh(0) == .ended)
    }
}
