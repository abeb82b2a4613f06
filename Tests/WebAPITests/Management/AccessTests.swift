import Domain
import Testing
import Tokens
import WebAPI

/// Everybody who may try to call a managed route.
private enum Somebody: String, CaseIterable {
    case anonymous, stranger, weakKey, adminKey, otherTenantsKey, keyNamingAnother, nodeKey, operatorKey
    case operatorWithoutTenant, revokedKey
    case viewer, adminAccount, owner, ownerByCookie, foreignOwner, foreignOwnerNamingAcme, memberOfTwo
    case endedSession, forgedSession

    /// The header fields of a request.
    func fields(_ keys: Keys) -> [(String, String)] {
        switch self {
        case .anonymous: []
        case .stranger: [("X-API-Key", "chatsdk_" + String(repeating: "0", count: 50))]
        case .weakKey: [("X-API-Key", keys.weak)]
        case .adminKey: [("X-API-Key", keys.admin)]
        case .otherTenantsKey: [("X-API-Key", keys.other)]
        case .keyNamingAnother: [("X-API-Key", keys.admin), ("X-Chat-Tenant", "umbrella")]
        case .nodeKey: [("X-API-Key", keys.node)]
        case .operatorKey: [("X-API-Key", keys.operator), ("X-Chat-Tenant", "acme")]
        case .operatorWithoutTenant: [("X-API-Key", keys.operator)]
        case .revokedKey: [("X-API-Key", keys.revoked)]
        case .viewer: Self.bearer(keys.sessions.viewer)
        case .adminAccount: Self.bearer(keys.sessions.admin)
        case .owner: Self.bearer(keys.sessions.owner)
        case .ownerByCookie:
            [
                ("Cookie", "a=b; __Host-chat_session=\(keys.sessions.owner)"), ("X-CSRF-Token", keys.sessions.csrf),
                ("Origin", "https://chat.example"), ("Sec-Fetch-Site", "same-origin"),
            ]
        case .foreignOwner: Self.bearer(keys.sessions.foreign)
        case .foreignOwnerNamingAcme: Self.bearer(keys.sessions.foreign) + [("X-Chat-Tenant", "acme")]
        case .memberOfTwo: Self.bearer(keys.sessions.both)
        case .endedSession: Self.bearer(keys.sessions.ended)
        case .forgedSession: Self.bearer(keys.sessions.owner.dropLast(4) + "AAAA")
        }
    }

    private static func bearer(_ token: some StringProtocol) -> [(String, String)] {
        [("Authorization", "Bearer \(token)")]
    }

    /// The role in the tenant that the call is about; nil: calls with a key, or with nothing.
    private var role: Role? {
        switch self {
        case .viewer: .viewer
        case .adminAccount: .admin
        case .owner, .ownerByCookie, .foreignOwner: .owner
        default: nil
        }
    }

    private var isInSession: Bool { role != nil || self == .memberOfTwo || self == .foreignOwnerNamingAcme }

    /// The code by which the table refuses a caller; nil: admitted.
    func refusal(by admission: Admission) -> String? {
        switch (self, admission) {
        case (_, .anyone): nil
        case (.endedSession, .anyKey), (.forgedSession, .anyKey): "api_key_missing"
        case (.endedSession, .verifier), (.forgedSession, .verifier): "api_key_missing"
        case (.endedSession, _), (.forgedSession, _): "session_invalid"
        case (_, .guest): nil
        case (_, .session): isInSession ? nil : "session_missing"
        case (_, .anyKey) where isInSession: "api_key_missing"
        case (_, .verifier) where isInSession: "api_key_missing"
        case (_, .operator) where isInSession: "access_denied"
        case (.memberOfTwo, .tenant): "tenant_required"
        case (.foreignOwnerNamingAcme, .tenant): "access_denied"
        case (_, .tenant(key: _, session: let least)) where role != nil:
            role.map { $0 < least ? "access_denied" : nil } ?? nil
        case (.anonymous, _): "api_key_missing"
        case (.stranger, _): "api_key_invalid"
        case (.revokedKey, _): "api_key_revoked"
        case (_, .anyKey): nil
        case (.adminKey, .verifier), (.otherTenantsKey, .verifier), (.keyNamingAnother, .verifier): "scope_missing"
        case (_, .verifier): nil
        case (.operatorKey, .operator), (.operatorWithoutTenant, .operator): nil
        case (_, .operator): "scope_missing"
        case (.operatorKey, .tenant): nil
        case (.operatorWithoutTenant, .tenant): "tenant_required"
        case (.nodeKey, .tenant): "scope_missing"
        case (_, .tenant(key: nil, session: _)): "access_denied"
        case (.weakKey, .tenant(key: [], session: _)), (.weakKey, .tenant(key: .revoke, session: _)): nil
        case (.adminKey, .tenant(key: .revoke, session: _)), (.otherTenantsKey, .tenant(key: .revoke, session: _)),
            (.keyNamingAnother, .tenant(key: .revoke, session: _)):
            "scope_missing"
        case (.weakKey, .tenant): "scope_missing"
        case (.keyNamingAnother, .tenant): "access_denied"
        case (.adminKey, .tenant), (.otherTenantsKey, .tenant): nil
        // Sessions, told above.
        case (_, .tenant): nil
        }
    }
}

private struct Keys {
    let weak, admin, other, node, `operator`, revoked: String
    let sessions: Sessions

    /// Tokens of sessions.
    struct Sessions {
        let viewer, admin, owner, foreign, both, ended, csrf: String

        init(_ server: TestServer, acme: Tenant.ID, umbrella: Tenant.ID) throws {
            viewer = try server.session("viewer@acme.example", [(acme, .viewer)]).token
            admin = try server.session("admin@acme.example", [(acme, .admin)]).token
            let owner = try server.session("owner@acme.example", [(acme, .owner)])
            self.owner = owner.token
            csrf = try server.accounts.tokens.csrfToken(of: owner.holder.session.id)
            foreign = try server.session("owner@umbrella.example", [(umbrella, .owner)]).token
            both = try server.session("both@acme.example", [(acme, .owner), (umbrella, .owner)]).token
            let ended = try server.session("gone@acme.example", [(acme, .owner)])
            self.ended = ended.token
            try server.accounts.end(ended.holder.session.id, asked: ended.holder, by: .commandLine)
        }
    }

    init(_ server: TestServer) throws {
        let acme = try server.addTenant()
        let umbrella = try server.addTenant("umbrella")
        weak = try server.key(acme, [.issue, .verify, .revoke])
        admin = try server.key(acme, .admin)
        other = try server.key(umbrella, .admin)
        node = try server.nodeKey()
        self.operator = try server.keys.create(for: .operator, name: "operator").text
        let gone = try server.keys.create(for: .tenant(acme), name: "gone", scopes: .admin)
        revoked = gone.text
        _ = try server.keys.revoke(gone.key.id)
        sessions = try Sessions(server, acme: acme, umbrella: umbrella)
    }
}

@Suite("Every managed route answers every kind of caller as the table says")
struct AccessTests {
    @Test("each route, each caller", arguments: ManagedRoute.allCases)
    func table(route: ManagedRoute) async throws {
        try await withServer { server in
            let keys = try Keys(server)
            for somebody in Somebody.allCases {
                // Who has logged out is asked no more.
                if route == .logout, [.ownerByCookie, .foreignOwnerNamingAcme].contains(somebody) { continue }
                let answer = try await server.answer(Self.ask(route, somebody.fields(keys)))
                if let code = somebody.refusal(by: route.admission) {
                    #expect(answer.code == code, "\(somebody) at \(route.rawValue): \(answer.status)")
                    let isUnknown = code.hasPrefix("api_key") || code.hasPrefix("session")
                    let status = isUnknown ? 401 : code == "tenant_required" ? 400 : 403
                    #expect(answer.status == status)
                } else {
                    #expect(
                        ![401, 403, 405, 500].contains(answer.status) && answer.code != "tenant_required",
                        "\(somebody) at \(route.rawValue): \(answer.status) \(answer.code ?? "")")
                }
            }
        }
    }

    @Test("a suspended tenant's key is refused, the operator still acts for the tenant")
    func suspended() async throws {
        try await withServer { server in
            let keys = try Keys(server)
            let acme = try #require(Tenant.ID("acme"))
            _ = try server.tenants.suspend(acme)
            let own = try await server.answer(Ask("GET", "/admin/tenant", key: keys.admin))
            #expect(own.status == 403 && own.code == "tenant_suspended")
            let fields = Somebody.operatorKey.fields(keys)
            let answer = try await server.answer(Ask("GET", "/admin/tenant", fields))
            #expect(try answer.status == 200 && answer.json["status"]?.string == "suspended")
        }
    }

    @Test("what belongs to another tenant does not exist")
    func isolation() async throws {
        try await withServer { server in
            let keys = try Keys(server)
            let acme = try #require(Tenant.ID("acme"))
            let key = try server.keys.create(for: .tenant(acme), name: "theirs").key.id
            let kid = try #require(try server.signingKeys.list(acme).first).kid
            for (method, path) in [
                ("GET", "/admin/keys/\(key)"), ("PATCH", "/admin/keys/\(key)"), ("POST", "/admin/keys/\(key)/rotate"),
                ("POST", "/admin/keys/\(key)/revoke"), ("POST", "/admin/signing-keys/\(kid)/activate"),
                ("POST", "/admin/signing-keys/\(kid)/retire"), ("POST", "/admin/signing-keys/\(kid)/revoke"),
            ] {
                var ask = Ask(method, path, key: keys.other, [("Content-Type", "application/json")])
                ask.body = Array((method == "PATCH" ? #"{"name":"mine"}"# : "{}").utf8)
                let answer = try await server.answer(ask)
                #expect(answer.status == 404, "\(method) \(path): \(answer.status)")
            }
            #expect(try server.keys.list(of: .tenant(acme)).first { $0.id == key }?.name == "theirs")
        }
    }

    /// A request to the route with parameters that name nothing.
    private static func ask(_ route: ManagedRoute, _ fields: [(String, String)]) -> Ask {
        let path = route.template.split(separator: "/", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("{") ? "zzzzzzzzzzzz" : String($0) }.joined(separator: "/")
        // A stream has no end; whoever is admitted is told that its place is none.
        if route == .streamRevocations { return Ask(route.method, path + "?after=x", fields) }
        guard ["POST", "PATCH", "PUT"].contains(route.method) else {
            return Ask(route.method, path, fields)
        }
        var ask = Ask(route.method, path, fields + [("Content-Type", "application/json")])
        ask.body = Array("{}".utf8)
        return ask
    }
}
