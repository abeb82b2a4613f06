import Domain
import Testing
import Tokens

@Suite("/admin/signing-keys")
struct SigningKeysTests {
    /// A tenant, keys to manage and to use it, and the server.
    private func scene(_ test: (TestServer, Tenant.ID, String, String) async throws -> Void) async throws {
        try await withServer { server in
            let acme = try server.addTenant()
            try await test(server, acme, try server.key(acme, .admin), try server.key(acme, [.issue, .verify]))
        }
    }

    private func token(_ server: TestServer, _ key: String) async throws -> String {
        try #require(try await server.answer(.post("/tokens", key: key, #"{"userId":"u"}"#)).json["token"]?.string)
    }

    private func isValid(_ token: String, _ server: TestServer, _ key: String) async throws -> Bool? {
        let body = #"{"token":"\#(token)","expect":"rest"}"#
        return try await server.answer(.post("/verify", key: key, body)).json["valid"]?.bool
    }

    @Test("a rotation to another algorithm leaves every token valid; revoking makes the key's tokens invalid at once")
    func rotation() async throws {
        try await scene { server, acme, admin, key in
            let old = try await token(server, key)
            let standby = try await server.answer(
                .post("/admin/signing-keys", key: admin, #"{"algorithm":"ES256"}"#))
            #expect(try standby.status == 201 && standby.json["state"]?.string == "standby")
            let kid = try #require(try standby.json["kid"]?.string)
            let published = try await server.answer(Ask("GET", "/t/acme/.well-known/jwks.json"))
            #expect(String(decoding: published.body, as: UTF8.self).contains(kid), "published before it signs")
            server.clock.advance(milliseconds: 2_000)
            try server.follow()
            let active = try await server.answer(Ask("POST", "/admin/signing-keys/\(kid)/activate", key: admin))
            #expect(try active.status == 200 && active.json["state"]?.string == "active")
            #expect(try active.json["changedAt"]?.string == server.clock.now.description)
            let new = try await token(server, key)
            for text in [old, new] { #expect(try await isValid(text, server, key) == true) }
            let list = try await server.answer(Ask("GET", "/admin/signing-keys", key: admin)).json
            #expect(list["signingKeys"]?.array?.compactMap { $0["state"]?.string }.sorted() == ["active", "retired"])

            let last = try await server.answer(Ask("POST", "/admin/signing-keys/\(kid)/revoke", key: admin))
            #expect(last.status == 422 && last.code == "invalid_state")
            let revoked = try await server.answer(
                .post("/admin/signing-keys/\(kid)/revoke", key: admin, #"{"replace":true}"#))
            #expect(try revoked.status == 200 && revoked.json["successor"]?["state"]?.string == "active")
            #expect(try await isValid(new, server, key) == false)
            #expect(try await isValid(old, server, key) == true)
            #expect(try await isValid(try await token(server, key), server, key) == true)
        }
    }

    @Test("the active key cannot be retired, a revoked one not activated, an unknown kid does not exist")
    func refusals() async throws {
        try await scene { server, acme, admin, _ in
            let active = try #require(try server.signingKeys.list(acme).first).kid
            let spare = try server.signingKeys.create(for: acme).kid
            func code(_ kid: String, _ verb: String) async throws -> String? {
                try await server.answer(Ask("POST", "/admin/signing-keys/\(kid)/\(verb)", key: admin)).code
            }
            #expect(try await code(active, "retire") == "invalid_state")
            #expect(try await code(spare, "retire") == nil)
            #expect(try await code(spare, "revoke") == nil)
            #expect(try await code(spare, "activate") == "invalid_state")
            #expect(try await code("nothing", "activate") == "not_found")
        }
    }

    @Test("a tenant has 16 keys that verify; one more is refused with the way out, and works after a key was revoked")
    func limit() async throws {
        try await scene { server, acme, admin, _ in
            for _ in 0..<14 { _ = try server.signingKeys.create(for: acme) }
            let spare = try server.signingKeys.create(for: acme).kid
            let full = try await server.answer(Ask("POST", "/admin/signing-keys", key: admin))
            #expect(full.status == 422 && full.code == "invalid_state")
            #expect(try full.json["detail"]?.string?.contains("16 signing keys") == true)
            #expect(
                try await server.answer(Ask("POST", "/admin/signing-keys/\(spare)/revoke", key: admin)).status == 200)
            #expect(try await server.answer(Ask("POST", "/admin/signing-keys", key: admin)).status == 201)
        }
    }

    @Test("a revoked key is told in the feed, once, for verifiers that have its secret")
    func revokedInFeed() async throws {
        try await scene { server, acme, admin, key in
            let kid = try #require(try server.signingKeys.list(acme).first).kid
            for _ in 0..<2 {
                let answer = try await server.answer(
                    .post("/admin/signing-keys/\(kid)/revoke", key: admin, #"{"replace":true}"#))
                #expect(answer.status == 200)
            }
            try server.follow()
            let page = try await server.answer(Ask("GET", "/revocations", key: key)).json
            let entries = try page["documents"]?.array?.flatMap { try FeedDocument($0.string ?? "").entries }
            #expect(entries == ["signing_key \(kid)"])
            #expect(try await isValid(try await token(server, key), server, key) == true)
        }
    }

    @Test("the operator exports the secret of HS256, and of no other algorithm")
    func export() async throws {
        try await scene { server, acme, _, _ in
            let root = try server.keys.create(for: .operator, name: "o").text
            let fields = [("X-Chat-Tenant", "acme")]
            let hs = try #require(try server.signingKeys.list(acme).first).kid
            let answer = try await server.answer(Ask("POST", "/admin/signing-keys/\(hs)/export", key: root, fields))
            #expect(answer.status == 200 && answer["content-type"] == "application/jwk+json")
            #expect(try answer.json["kty"]?.string == "oct" && (answer.json["k"]?.string?.count ?? 0) >= 43)
            let es = try server.signingKeys.create(for: acme, algorithm: .es256).kid
            let other = try await server.answer(Ask("POST", "/admin/signing-keys/\(es)/export", key: root, fields))
            #expect(other.code == "invalid_state")
        }
    }
}
