import Domain
import Testing
import Tokens

@Suite("Members and invitations of every store")
struct MemberConformance {
    private static func roles(_ store: Store, _ tenant: Tenant.ID) throws -> [String: Role] {
        Dictionary(
            uniqueKeysWithValues: try store.storage.members(of: tenant).map { ($0.email.text, $0.role) })
    }

    @Test("Roles change, members go, and the last owner stays whatever is asked", arguments: Backend.all)
    func roles(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let ann = try Person.stored("ann@acme.example", in: store, .owner, of: acme.id)
        let bob = try Person.stored("bob@acme.example", in: store, .viewer, of: acme.id)
        for role in [Role.admin, .viewer, nil] {
            #expect(try store.storage.setRole(role, of: ann.id, in: acme.id, recording: []) == .lastOwner)
        }
        #expect(try store.storage.setRole(.owner, of: ann.id, in: acme.id, recording: []) == .done)
        #expect(try store.storage.setRole(.owner, of: bob.id, in: acme.id, recording: []) == .done)
        #expect(try store.storage.setRole(.admin, of: ann.id, in: acme.id, recording: []) == .done)
        #expect(try Self.roles(store, acme.id) == ["ann@acme.example": .admin, "bob@acme.example": .owner])
        #expect(try store.storage.setRole(nil, of: ann.id, in: acme.id, recording: []) == .done)
        let gone = failure { () throws(StoreFailure) in
            try store.storage.setRole(.viewer, of: ann.id, in: acme.id, recording: [])
        }
        #expect(gone?.isMissing == true)
        #expect(try store.storage.account(ann.account.email)?.memberships == [])
    }

    @Test("Who is an owner no more has no open invitation left; those of others stay", arguments: Backend.all)
    func ownInvitations(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let ann = try Person.stored("ann@acme.example", in: store, .owner, of: acme.id)
        let bob = try Person.stored("bob@acme.example", in: store, .owner, of: acme.id)
        let eve = try Person.stored("eve@acme.example", in: store, .owner, of: acme.id)
        for person in [ann, bob, eve] {
            try store.storage.create(.sample(to: acme.id, by: "account \(person.id)"), recording: [])
        }
        _ = try store.storage.setRole(.admin, of: bob.id, in: acme.id, recording: [])
        _ = try store.storage.setRole(nil, of: eve.id, in: acme.id, recording: [])
        let open = try store.storage.invitations(to: acme.id, at: .start)
        #expect(open.map(\.invitedBy) == ["account \(ann.id)"])
    }

    @Test("Of owners who all leave at once one is left, every time", arguments: Backend.all)
    func lastOwner(backend: Backend) throws {
        let store = try backend.makeEmpty()
        for round in 0..<5 {
            let acme = try Application.stored("acme-\(round)", in: store)
            let owners = try (0..<2).map {
                try Person.stored("o\(round)-\($0)@acme.example", in: store, .owner, of: acme.id)
            }
            let changes = atOnce(10) { number in
                Result { () throws(StoreFailure) in
                    let role: Role? = number % 3 == 0 ? .viewer : nil
                    return try store.storage.setRole(role, of: owners[number % 2].id, in: acme.id, recording: [])
                }
            }
            #expect(changes.contains { (try? $0?.get()) == .lastOwner })
            #expect(try store.storage.members(of: acme.id).count { $0.role == .owner } == 1)
        }
    }

    @Test("An invitation is found by its token alone, until it ends, and used once", arguments: Backend.all)
    func invitation(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let bob = try Person.stored("bob@acme.example", in: store)
        let invitation = try Invitation.sample(to: acme.id, email: "bob@acme.example")
        try store.storage.create(invitation, recording: [])
        #expect(try store.storage.invitation(invitation.tokenHash, at: .start) == invitation)
        #expect(try store.storage.invitation(SHA256.digest([1].span), at: .start) == nil)
        #expect(try store.storage.invitation(invitation.tokenHash, at: invitation.expiresAt) == nil)
        #expect(try store.storage.invitations(to: acme.id, at: invitation.expiresAt).isEmpty)
        let late = failure { () throws(StoreFailure) in
            try store.storage.accept(invitation, by: .account(bob.id), at: invitation.expiresAt, recording: [])
        }
        #expect(late?.isMissing == true)
        try store.storage.accept(invitation, by: .account(bob.id), at: .start, recording: [])
        #expect(try Self.roles(store, acme.id) == ["bob@acme.example": .admin])
        let again = failure { () throws(StoreFailure) in
            try store.storage.accept(invitation, by: .account(bob.id), at: .start, recording: [])
        }
        #expect(again?.isMissing == true)
        #expect(try store.storage.invitations(to: acme.id, at: .start).isEmpty)
    }

    @Test("What cannot be accepted uses nothing up and makes nobody", arguments: Backend.all)
    func refused(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let ann = try Person.stored("ann@acme.example", in: store, .owner, of: acme.id)
        let invitation = try Invitation.sample(to: acme.id, .viewer)
        try store.storage.create(invitation, recording: [])
        let twin = try Person("ann@acme.example"), eve = try Person("eve@acme.example")
        for guest in [Guest.account(ann.id), .newcomer(twin.account, twin.password, twin.session())] {
            let failure = failure { () throws(StoreFailure) in
                try store.storage.accept(invitation, by: guest, at: .start, recording: [])
            }
            #expect(failure?.isConflict == true)
        }
        try store.storage.withdraw(invitation.id, of: acme.id, recording: [])
        let gone = failure { () throws(StoreFailure) in
            try store.storage.accept(
                invitation, by: .newcomer(eve.account, eve.password, eve.session()), at: .start, recording: [])
        }
        #expect(gone?.isMissing == true)
        #expect(try store.storage.accounts() == [ann.account])
        #expect(try Self.roles(store, acme.id) == ["ann@acme.example": .owner])
    }

    @Test("Of ten who accept one invitation at once, one becomes a member", arguments: Backend.all)
    func race(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let invitation = try Invitation.sample(to: acme.id)
        try store.storage.create(invitation, recording: [])
        let guests = try (0..<10).map { number in
            let person = try Person("guest\(number)@acme.example")
            return Guest.newcomer(person.account, person.password, person.session())
        }
        let failures = atOnce(10) { number in
            failure { () throws(StoreFailure) in
                try store.storage.accept(invitation, by: guests[number], at: .start, recording: [])
            }
        }.compactMap { $0 ?? nil }
        #expect(failures.count == 9 && failures.allSatisfy(\.isMissing))
        #expect(try store.storage.members(of: acme.id).count == 1 && store.storage.accounts().count == 1)
    }

    @Test("B has none of A's members and invitations, and can change none", arguments: Backend.all)
    func isolation(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let (a, b) = (try Application.stored("a", in: store), try Application.stored("b", in: store))
        let ann = try Person.stored("ann@a.example", in: store, .owner, of: a.id)
        _ = try Person.stored("bob@b.example", in: store, .owner, of: b.id)
        let invitation = try Invitation.sample(to: a.id)
        try store.storage.create(invitation, recording: [])
        #expect(try Self.roles(store, b.id) == ["bob@b.example": .owner])
        #expect(try store.storage.invitations(to: b.id, at: .start).isEmpty)
        for role in [Role.viewer, nil] {
            let change = failure { () throws(StoreFailure) in
                try store.storage.setRole(role, of: ann.id, in: b.id, recording: [])
            }
            #expect(change?.isMissing == true)
        }
        let withdrawn = failure { () throws(StoreFailure) in
            try store.storage.withdraw(invitation.id, of: b.id, recording: [])
        }
        #expect(withdrawn?.isMissing == true)
        #expect(try store.storage.invitations(to: a.id, at: .start) == [invitation])
        #expect(try Self.roles(store, a.id) == ["ann@a.example": .owner])
    }
}
