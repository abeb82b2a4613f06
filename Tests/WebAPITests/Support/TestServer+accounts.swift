import Domain
import Testing
import Tokens
import WebAPI

extension TestServer {
    var accounts: ManageAccounts {
        get throws {
            ManageAccounts(
                storage: parts.storage, vault: parts.vault,
                tokens: try SessionTokens(vault: parts.vault, publicURL: parts.directory.deployment.publicURL),
                keyPrefix: "chatsdk", world: clock.world)
        }
    }

    var members: ManageMembers {
        get throws { ManageMembers(accounts: try accounts, publicURL: parts.directory.deployment.publicURL) }
    }

    /// A password that is fit for every account of these tests.
    static var password: String { "four sheep on a hill" }

    /// A new account that is logged in.
    func session(
        _ email: String, _ roles: [(tenant: Tenant.ID, role: Role)] = []
    ) throws -> ManageAccounts.Opened {
        let email = try #require(EmailAddress(email))
        let password = try #require(Password(Self.password))
        let account = Account(id: Account.ID(world: clock.world), email: email, createdAt: clock.world.now())
        let hash = try PasswordHash(of: password, cost: .unsafelyCheap, world: clock.world)
        try parts.storage.create(
            account, password: hash, memberOf: roles.first.map { ($0.tenant, $0.role) }, recording: [])
        let client = ManageAccounts.Client(address: "192.0.2.1", userAgent: nil)
        let opened = try accounts.open(
            try #require(try accounts.credentials(of: email)), from: client, requestID: nil)
        for (tenant, role) in roles.dropFirst() {
            let invited = try members.invite(to: tenant, as: role, email: nil, expiresIn: nil, by: .commandLine)
            _ = try members.accept(invited.token, as: opened.holder, by: .commandLine)
        }
        return opened
    }
}

extension Ask {
    /// A request in a session, by its token.
    static func bearer(_ method: String, _ path: String, _ token: String, _ json: String? = nil) -> Ask {
        var ask = Ask(method, path, [("Authorization", "Bearer \(token)")])
        if let json {
            ask.fields.append(("Content-Type", "application/json"))
            ask.body = Array(json.utf8)
        }
        return ask
    }
}
