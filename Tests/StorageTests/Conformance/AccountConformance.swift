import Domain
import Testing
import Tokens

@Suite("Accounts and sessions of every store")
struct AccountConformance {
    @Test("A registration is there whole: account, tenant, keys, membership, session", arguments: Backend.all)
    func register(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let (ann, acme) = (try Person("ann@acme.example"), try Application("acme"))
        let session = ann.session()
        let before = try store.storage.newestChange()
        try store.storage.register(ann.registration(of: acme, key: "abcdefghijkl", session: session), recording: [])
        let credentials = try #require(try store.storage.account(ann.account.email))
        #expect(credentials.account == ann.account && credentials.password == ann.password)
        let membership = Membership(tenant: acme.id, name: acme.tenant.name, status: .active, role: .owner)
        #expect(credentials.memberships == [membership])
        let stored = try #require(try store.storage.tenant(acme.id))
        #expect(stored.tenant == acme.tenant && stored.keys == [acme.sealed])
        #expect(try store.storage.apiKeys(of: .tenant(acme.id)).map(\.id.text) == ["abcdefghijkl"])
        let holder = Session.Holder(session: session, account: ann.account, memberships: [membership])
        #expect(try store.storage.session(session.id, at: .start) == holder)
        #expect(
            try store.storage.changes(after: before, limit: 9).map(\.subject.id).sorted() == ["abcdefghijkl", "acme"])
    }

    @Test("A registration whose e-mail address, tenant or key is taken leaves nothing", arguments: Backend.all)
    func conflict(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let (ann, acme) = (try Person("ann@acme.example"), try Application("acme"))
        try store.storage.register(ann.registration(of: acme, key: "abcdefghijkl"), recording: [])
        let before = try store.storage.newestChange()
        let other = try Application("other")
        for registration in [
            try Person("ann@acme.example").registration(of: other, key: "mnopqrstuvwx"),
            try Person("bob@acme.example").registration(of: acme, key: "mnopqrstuvwx"),
            try Person("bob@acme.example").registration(of: other, key: "abcdefghijkl"),
        ] {
            let failure = failure { () throws(StoreFailure) in
                try store.storage.register(registration, recording: [])
            }
            #expect(failure?.isConflict == true)
            #expect(try store.storage.session(registration.session.id, at: .start) == nil)
        }
        #expect(try store.storage.tenants() == [acme.tenant])
        #expect(try store.storage.accounts() == [ann.account])
        #expect(try store.storage.apiKeys(of: .tenant(other.id)).isEmpty)
        #expect(try store.storage.members(of: acme.id).count == 1)
        #expect(try store.storage.newestChange() == before)
    }

    @Test("Of ten who register the same at once, one does", arguments: Backend.all)
    func race(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let registrations = try (0..<10).map { number in
            try Person(number % 2 == 0 ? "ann@acme.example" : "bob\(number)@acme.example")
                .registration(of: Application("acme"), key: "abcdefghijk\(number)")
        }
        let failures = atOnce(10) { number in
            failure { () throws(StoreFailure) in try store.storage.register(registrations[number], recording: []) }
        }.compactMap { $0 ?? nil }
        #expect(failures.count == 9 && failures.allSatisfy(\.isConflict))
        #expect(try store.storage.accounts().count == 1 && store.storage.tenants().count == 1)
    }

    @Test("An account may belong to no tenant, and never to one that does not exist", arguments: Backend.all)
    func create(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let ann = try Person.stored("ann@acme.example", in: store)
        #expect(try store.storage.account(ann.account.email)?.memberships == [])
        let bob = try Person("bob@acme.example")
        let (ghost, acme) = (try Application("ghost"), try Application.stored("acme", in: store))
        try store.storage.setStatus(.deleted, of: acme.id)
        for tenant in [ghost.id, acme.id] {
            let failure = failure { () throws(StoreFailure) in
                try store.storage.create(
                    bob.account, password: bob.password, memberOf: (tenant, .owner), recording: [])
            }
            #expect(failure?.isMissing == true)
        }
        #expect(try store.storage.account(bob.account.email) == nil)
    }

    @Test("A session is read until its last moment, ended by its own account alone", arguments: Backend.all)
    func sessions(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let (ann, bob) = (
            try Person.stored("ann@acme.example", in: store), try Person.stored("bob@acme.example", in: store)
        )
        let (one, other) = (ann.session(), ann.session(at: .start.adding(seconds: 1), agent: nil))
        for session in [one, other] { try store.storage.open(session, with: ann.password, recording: []) }
        #expect(try store.storage.sessions(of: ann.id, at: .start) == [other, one])
        #expect(try store.storage.sessions(of: bob.id, at: .start).isEmpty)
        let end = one.expiresAt
        #expect(try store.storage.session(one.id, at: Timestamp(milliseconds: end.milliseconds - 1))?.session == one)
        #expect(try store.storage.session(one.id, at: end) == nil)
        #expect(try store.storage.sessions(of: ann.id, at: end) == [other])
        let theft = failure { () throws(StoreFailure) in try store.storage.end(one.id, of: bob.id, recording: []) }
        #expect(theft?.isMissing == true)
        let later = Timestamp.start.adding(seconds: 5)
        try store.storage.touch(one.id, at: later)
        try store.storage.touch(one.id, at: .start)
        #expect(try store.storage.session(one.id, at: .start)?.session.lastSeenAt == later)
        try store.storage.end(one.id, of: ann.id, recording: [])
        #expect(try store.storage.session(one.id, at: .start) == nil)
        try store.storage.touch(one.id, at: later)
        let again = failure { () throws(StoreFailure) in try store.storage.end(one.id, of: ann.id, recording: []) }
        #expect(again?.isMissing == true)
    }

    @Test("Only the password as it stands opens a session; its change ends all but one", arguments: Backend.all)
    func password(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let ann = try Person.stored("ann@acme.example", in: store)
        let bob = try Person.stored("bob@acme.example", in: store)
        let sessions = (0..<3).map { _ in ann.session() }
        for session in sessions { try store.storage.open(session, with: ann.password, recording: []) }
        try store.storage.open(bob.session(), with: bob.password, recording: [])
        let new = PasswordHash.ofNobody(cost: .unsafelyCheap, world: .standing)
        let ended = try store.storage.replacePassword(
            ann.password, by: new, of: ann.id, keeping: sessions[1].id, recording: [])
        #expect(ended == 2)
        #expect(try store.storage.sessions(of: ann.id, at: .start) == [sessions[1]])
        #expect(try store.storage.sessions(of: bob.id, at: .start).count == 1)
        #expect(try store.storage.account(ann.account.email)?.password == new)
        let late = [
            failure { () throws(StoreFailure) in
                try store.storage.open(ann.session(), with: ann.password, recording: [])
            },
            failure { () throws(StoreFailure) in
                try store.storage.replacePassword(
                    ann.password, by: ann.password, of: ann.id, keeping: nil, recording: [])
            },
        ]
        #expect(late.allSatisfy { $0?.isMissing == true })
        #expect(try store.storage.replacePassword(new, by: new, of: ann.id, keeping: nil, recording: []) == 1)
    }

    @Test("What has ended is pruned and nothing else", arguments: Backend.all)
    func prune(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let ann = try Person.stored("ann@acme.example", in: store, .owner, of: acme.id)
        for life: Int64 in [10, 100] {
            try store.storage.open(ann.session(life: life), with: ann.password, recording: [])
            try store.storage.create(.sample(to: acme.id, life: life), recording: [])
        }
        let moment = Timestamp.start.adding(seconds: 11)
        #expect(try store.storage.pruneAccess(before: moment, dryRun: true) == 2)
        #expect(try store.storage.pruneAccess(before: moment, dryRun: false) == 2)
        #expect(try store.storage.pruneAccess(before: moment, dryRun: false) == 0)
        #expect(try store.storage.sessions(of: ann.id, at: .start).count == 1)
        #expect(try store.storage.invitations(to: acme.id, at: .start).count == 1)
    }
}
