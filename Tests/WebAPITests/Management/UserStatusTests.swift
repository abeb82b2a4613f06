import Domain
import Testing
import Tokens

@Suite("Users that are deactivated or erased")
struct UserStatusTests {
    private struct Life {
        let server: TestServer
        let admin: String, key: String

        init(_ server: TestServer) throws {
            self.server = server
            let acme = try server.addTenant()
            admin = try server.key(acme, [.readUsers, .writeUsers])
            key = try server.key(acme)
        }

        func issue(_ user: String = "u") async throws -> HTTPAnswer {
            try await server.answer(.post("/tokens", key: key, #"{"userId":"\#(user)","name":"N"}"#))
        }

        func verdict(on token: String) async throws -> String? {
            let body = #"{"token":"\#(token)","expect":"rest"}"#
            let answer = try await server.answer(.post("/verify", key: key, body)).json
            return answer["valid"]?.bool == true ? "valid" : answer["code"]?.string
        }

        func token(of user: String = "u") async throws -> String {
            try #require(try await issue(user).json["token"]?.string)
        }

        func act(_ method: String, _ path: String) async throws -> HTTPAnswer {
            try await server.answer(Ask(method, path, key: admin))
        }
    }

    @Test("A deactivated user gets no tokens and those it has are refused at once, by every door")
    func deactivated() async throws {
        try await withServer { server in
            let life = try Life(server)
            let token = try await life.token()
            let gone = try await life.act("DELETE", "/users/u")
            #expect(try gone.status == 200 && gone.json["status"]?.string == "deactivated")
            #expect(try gone.json["deactivatedAt"]?.string == gone.json["updatedAt"]?.string)
            #expect(try await life.verdict(on: token) == "user_deactivated")
            let refused = try await life.issue()
            #expect(refused.status == 403 && refused.code == "user_deactivated")
            let door = Ask("GET", "/verify?expect=rest", key: life.key, [("Authorization", "Bearer \(token)")])
            #expect(try await server.answer(door).status == 401)
            let batch = #"{"tokens":[{"token":"\#(token)","expect":"rest"}]}"#
            let answer = try await server.answer(.post("/verify/batch", key: life.key, batch)).json
            #expect(answer["results"]?.array?.first?["code"]?.string == "user_deactivated")
            #expect(try await life.act("DELETE", "/users/u").status == 200, "again changes nothing")
            #expect(try await life.verdict(on: life.token(of: "other")) == "valid")

            server.clock.advance(milliseconds: 5)
            let back = try await life.act("POST", "/users/u/reactivate")
            #expect(try back.json["status"]?.string == "active" && back.json["deactivatedAt"]?.isNull == true)
            #expect(try await life.verdict(on: token) == "token_revoked", "what was taken stays taken")
            server.clock.advance(milliseconds: 5)
            #expect(try await life.verdict(on: life.token()) == "valid")
        }
    }

    @Test("A purged user is gone, its tokens are refused, its pairs stay counted, and another may take the name")
    func purged() async throws {
        try await withServer { server in
            let life = try Life(server)
            let token = try await life.token()
            #expect(try await life.act("DELETE", "/users/u?purge=yes").status == 400)
            #expect(try await life.act("DELETE", "/users/u?purge=true").status == 204)
            #expect(try await life.act("GET", "/users/u").status == 404)
            #expect(try await life.act("DELETE", "/users/u?purge=true").status == 404)
            #expect(try await life.verdict(on: token) == "token_revoked")
            let config = try await server.answer(Ask("GET", "/config", key: life.key)).json
            #expect(config["quota"]?["used"]?.integer == 1)
            server.clock.advance(milliseconds: 5)
            #expect(try await life.verdict(on: life.token()) == "valid")
        }
    }

    @Test("A server that starts later knows of every cut-off, and one that follows the change log learns of it")
    func memory() async throws {
        try await withServer { server in
            let life = try Life(server)
            let token = try await life.token()
            let users = ManageUsers(storage: server.parts.storage, world: server.clock.world)
            let (acme, user) = (try #require(Tenant.ID("acme")), try #require(User.ID("u")))
            _ = try users.set(.deactivated, of: user, of: acme, by: .tests)
            #expect(try await life.verdict(on: token) == "valid", "another node's doing, not yet heard of")
            try server.follow()
            #expect(try await life.verdict(on: token) == "user_deactivated")
            let other = Directory(
                storage: server.parts.storage, vault: server.parts.vault, world: server.clock.world,
                deployment: server.parts.directory.deployment)
            #expect(other.cutoffs.refusal(acme, user, born: server.clock.now) == nil)
            try other.preload()
            #expect(other.cutoffs.refusal(acme, user, born: server.clock.now) == .userDeactivated)
        }
    }

    @Test("What a key of users may do: read with users:read, change with users:write, both with admin")
    func scopes() async throws {
        try await withServer { server in
            let acme = try server.addTenant()
            let reader = try server.key(acme, .readUsers), writer = try server.key(acme, .writeUsers)
            var put = Ask("PUT", "/users/u", key: writer, [("Content-Type", "application/json")])
            put.body = Array("{}".utf8)
            #expect(try await server.answer(put).status == 201)
            put.fields[0].1 = reader
            #expect(try await server.answer(put).code == "scope_missing")
            #expect(try await server.answer(Ask("GET", "/users/u", key: reader)).status == 200)
            #expect(try await server.answer(Ask("GET", "/users/u", key: writer)).code == "scope_missing")
            #expect(try await server.answer(Ask("GET", "/admin/keys", key: writer)).code == "scope_missing")
        }
    }

    @Test("What the tenant that an operator names has not, it has not: 404")
    func operatorNamesNobody() async throws {
        try await withServer { server in
            let root = try server.keys.create(for: .operator, name: "o").text
            for (method, path) in [("GET", "/users"), ("GET", "/users/u"), ("PUT", "/users/u"), ("GET", "/config")] {
                var ask = Ask(
                    method, path, key: root, [("X-Chat-Tenant", "nobody"), ("Content-Type", "application/json")])
                if method == "PUT" { ask.body = Array("{}".utf8) }
                #expect(try await server.answer(ask).status == 404, "\(method) \(path)")
            }
        }
    }

    @Test("The configuration says where everything is, by which algorithms, and what is left")
    func configuration() async throws {
        try await withServer { server in
            let acme = try server.addTenant("acme", .es256) { $0.quota = .set(10) }
            let key = try server.key(acme, .verify)
            let issuer = try server.key(acme)
            _ = try await server.answer(.post("/tokens", key: issuer, #"{"userId":"u"}"#))
            let answer = try await server.answer(Ask("GET", "/config", key: key))
            let json = try answer.json
            #expect(answer.status == 200 && json["issuer"]?.string == "https://chat.example/t/acme")
            #expect(json["algorithm"]?.string == "ES256" && json["plan"]?.string == "free")
            #expect(json["urls"]?["jwks"]?.string == "https://chat.example/t/acme/.well-known/jwks.json")
            #expect(
                json["quota"]?["remaining"]?.integer == 9 && json["quota"]?["resetAt"]?.string == "2026-02-01T00:00:00Z"
            )
            #expect(json["audiences"]?["ws"]?.string == "chat-realtime" && json["tokenLife"]?.integer == 86_400)
        }
    }
}
