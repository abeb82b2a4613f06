import Domain
import Testing
import Tokens

/// An account with its password, and what it takes to register it.
struct Person: Sendable {
    let account: Account
    let password: PasswordHash

    init(_ email: String, at moment: Timestamp = .start) throws {
        account = Account(
            id: Account.ID(world: .standing), email: try #require(EmailAddress(email)), createdAt: moment)
        password = .ofNobody(cost: .unsafelyCheap, world: .standing)
    }

    var id: Account.ID { account.id }

    /// This person in the database, as a member of the tenants.
    static func stored(
        _ email: String, in store: Store, _ role: Role? = nil, of tenant: Tenant.ID? = nil
    ) throws -> Person {
        let person = try Person(email)
        var membership: (id: Tenant.ID, role: Role)?
        if let role, let tenant { membership = (tenant, role) }
        try store.storage.create(person.account, password: person.password, memberOf: membership, recording: [])
        return person
    }

    func session(at moment: Timestamp = .start, life: Int64 = 60, agent: String? = "Bröwser") -> Session {
        Session(
            id: Session.ID(world: .standing), account: id,
            tokenHash: SHA256.digest(World.system.randomBytes(8).span), createdAt: moment,
            expiresAt: moment.adding(seconds: life), lastSeenAt: moment, address: "2001:db8::1", userAgent: agent)
    }

    func registration(of application: Application, key: String, session: Session? = nil) throws -> Registration {
        Registration(
            account: account, password: password, tenant: application.tenant, signingKey: application.sealed,
            apiKey: try .sample(key, owner: .tenant(application.id)), session: session ?? self.session())
    }
}

extension Invitation {
    static func sample(
        to tenant: Tenant.ID, _ role: Role = .admin, email: String? = nil, by inviter: String = "account x",
        life: Int64 = 60
    ) throws -> Invitation {
        Invitation(
            id: ID(world: .standing), tokenHash: SHA256.digest(World.system.randomBytes(8).span), tenant: tenant,
            role: role, email: try email.map { try #require(EmailAddress($0)) }, invitedBy: inviter,
            createdAt: .start, expiresAt: .start.adding(seconds: life))
    }
}
