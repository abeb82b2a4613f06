import Domain
import Testing
import Tokens

@Suite("POST /verify")
struct VerifyTests {
    /// A pair of the tenant's for a user.
    static func pair(_ server: TestServer, _ key: String, user: String = "alice") async throws -> (
        rest: String, ws: String
    ) {
        let body = #"{"userId":"\#(user)","name":"Alice","custom":{"a":1}}"#
        let json = try await server.answer(.post("/tokens", key: key, body)).json
        return (try #require(json["token"]?.string), try #require(json["wsToken"]?.string))
    }

    static func question(_ token: String, _ kind: String, _ more: String = "") -> String {
        #"{"token":"\#(token)","expect":"\#(kind)"\#(more)}"#
    }

    @Test("200: a valid token is told in full")
    func valid() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let tokens = try await Self.pair(server, key)
            server.clock.advance(milliseconds: 400)
            let answer = try await server.answer(.post("/verify", key: key, Self.question(tokens.ws, "ws")))
            #expect(answer.status == 200 && answer["cache-control"] == "no-store")
            let json = try answer.json
            #expect(
                try #require(json.members).map(\.name)
                    == [
                        "valid", "kind", "tenant", "userId", "grantId", "issuedAt", "expiresAt", "expiresIn", "claims",
                    ])
            #expect(json["valid"]?.bool == true && json["kind"]?.string == "ws" && json["tenant"]?.string == "acme")
            #expect(json["userId"]?.string == "alice")
            #expect(json["issuedAt"]?.string == "2026-01-02T03:04:05Z")
            #expect(json["expiresAt"]?.string == "2026-01-03T03:04:05Z")
            #expect(json["expiresIn"]?.integer == 86_399)
            #expect(json["claims"]?["aud"]?.string == "chat-realtime")
        }
    }

    @Test("200: a token that is not valid has a code and a sentence")
    func invalid() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let key = try server.key(tenant)
            let (rest, ws) = try await Self.pair(server, key)
            let other = try await Self.pair(server, try server.key(try server.addTenant("other")))
            let cases = [
                (rest, "ws", "token_wrong_kind"), (ws, "rest", "token_wrong_kind"), ("x", "ws", "token_malformed"),
                ("", "ws", "token_malformed"), (ws + "A", "ws", "token_signature_invalid"),
                (other.ws, "ws", "token_issuer_unknown"),
            ]
            for (token, kind, code) in cases {
                let answer = try await server.answer(.post("/verify", key: key, Self.question(token, kind)))
                #expect(answer.status == 200)
                let json = try answer.json
                #expect(try #require(json.members).map(\.name) == ["valid", "code", "detail"])
                #expect(json["valid"]?.bool == false && json["code"]?.string == code, "\(code)")
            }
        }
    }

    @Test("200: a node key verifies every tenant's tokens, expired and suspended ones included")
    func node() async throws {
        try await withServer { server in
            let node = try server.nodeKey()
            let tenant = try server.addTenant("one")
            let tokens = try await Self.pair(server, try server.key(tenant))
            let others = try await Self.pair(server, try server.key(try server.addTenant("other", .es256)))
            for token in [tokens.ws, others.ws] {
                let answer = try await server.answer(.post("/verify", key: node, Self.question(token, "ws")))
                #expect(try answer.json["valid"]?.bool == true)
            }
            _ = try server.tenants.suspend(tenant)
            try server.follow()
            let suspended = try await server.answer(.post("/verify", key: node, Self.question(tokens.ws, "ws")))
            #expect(suspended.code == "tenant_suspended")
            server.clock.advance(milliseconds: 86_400_000)
            try server.follow()
            let expired = try await server.answer(.post("/verify", key: node, Self.question(others.ws, "ws")))
            #expect(expired.code == "token_expired")
        }
    }

    @Test("200: include gives the stored user, and null where there is none; asked for nothing, it gives nothing")
    func include() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let ws = try await Self.pair(server, key).ws
            let answer = try await server.answer(
                .post("/verify", key: key, Self.question(ws, "ws", #","include":["user"]"#)))
            #expect(answer.text.hasSuffix(#","user":{"id":"alice","name":"Alice","image":null,"custom":{"a":1}}}"#))
            let plain = try await server.answer(.post("/verify", key: key, Self.question(ws, "ws", #","include":[]"#)))
            #expect(try plain.json["valid"]?.bool == true && plain.json["user"] == nil)
            let invalid = try await server.answer(
                .post("/verify", key: key, Self.question("x", "ws", #","include":["user"]"#)))
            #expect(try invalid.json["user"] == nil)
        }
    }

    @Test(
        "400: each field that is wrong is named",
        arguments: [
            ("{}", ["token", "expect"]), (#"{"token":"x"}"#, ["expect"]), (#"{"expect":"ws"}"#, ["token"]),
            (#"{"token":1,"expect":"ws"}"#, ["token"]), (#"{"token":"x","expect":"WS"}"#, ["expect"]),
            (#"{"token":"x","expect":null}"#, ["expect"]), (#"{"token":"x","expect":["ws"]}"#, ["expect"]),
            (#"{"token":"x","expect":"ws","include":"user"}"#, ["include"]),
            (#"{"token":"x","expect":"ws","include":["users"]}"#, ["include"]),
            (#"{"token":"x","expect":"ws","include":[1]}"#, ["include"]),
            (#"{"token":"x","expect":"ws","kind":"ws"}"#, ["kind"]),
        ])
    func fields(body: String, complaints: [String]) async throws {
        try await withServer { server in
            let answer = try await server.answer(.post("/verify", key: try server.key(try server.addTenant()), body))
            #expect(answer.status == 400 && answer.code == "invalid_request" && answer.complaints == complaints)
        }
    }

    @Test("401, 403, 413, 415: as everywhere")
    func refusals() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let body = Self.question("x", "ws")
            #expect(try await server.answer(.post("/verify", key: nil, body)).code == "api_key_missing")
            let issuer = try server.key(tenant, .issue)
            #expect(try await server.answer(.post("/verify", key: issuer, body)).code == "scope_missing")
            let key = try server.key(tenant)
            let large = body + String(repeating: " ", count: 17_000)
            #expect(try await server.answer(.post("/verify", key: key, large)).status == 413)
            var ask = Ask("POST", "/verify", key: key)
            ask.body = Array(body.utf8)
            #expect(try await server.answer(ask).status == 415)
        }
    }

    @Test("verification does not count against the tenant's rate limit")
    func unlimited() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant { ($0.rate, $0.burst) = (.set(1), .set(1)) })
            let ws = try await Self.pair(server, key).ws
            for _ in 0..<5 {
                let answer = try await server.answer(.post("/verify", key: key, Self.question(ws, "ws")))
                #expect(try answer.json["valid"]?.bool == true && answer["ratelimit"] == nil)
            }
        }
    }
}

@Suite("POST /verify/batch")
struct VerifyBatchTests {
    @Test("200: each token gets its verdict in its place")
    func order() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let (rest, ws) = try await VerifyTests.pair(server, key)
            let entries = [(rest, "rest"), (ws, "ws"), (ws, "rest"), ("x", "ws"), (rest, "rest")]
            let questions = entries.map { VerifyTests.question($0.0, $0.1) }.joined(separator: ",")
            let answer = try await server.answer(
                .post("/verify/batch", key: key, #"{"tokens":[\#(questions)],"include":["user"]}"#))
            #expect(answer.status == 200)
            let results = try #require(try answer.json["results"]?.array)
            #expect(results.map { $0["valid"]?.bool } == [true, true, false, false, true])
            #expect(results.map { $0["code"]?.string } == [nil, nil, "token_wrong_kind", "token_malformed", nil])
            #expect(results.map { $0["user"]?["name"]?.string } == ["Alice", "Alice", nil, nil, "Alice"])
        }
    }

    @Test("200 for 256 tokens, 400 for none and for 257")
    func bounds() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            for (count, status) in [(1, 200), (256, 200), (0, 400), (257, 400)] {
                let entries = Array(repeating: VerifyTests.question("x", "ws"), count: count).joined(separator: ",")
                let answer = try await server.answer(.post("/verify/batch", key: key, #"{"tokens":[\#(entries)]}"#))
                #expect(answer.status == status, "\(count)")
                if status == 200 { #expect(try answer.json["results"]?.array?.count == count) }
            }
        }
    }

    @Test(
        "400: a field that is wrong is named with its place",
        arguments: [
            (#"{"tokens":[{"token":"x","expect":"ws"},{"token":1,"expect":"ws"}]}"#, ["tokens[1].token"]),
            (#"{"tokens":[{"token":"x","expect":"w"}]}"#, ["tokens[0].expect"]),
            (#"{"tokens":[{"token":"x","expect":"ws","include":[]}]}"#, ["tokens[0].include"]),
            (#"{"tokens":{}}"#, ["tokens"]), (#"{"tokens":[{"token":"x","expect":"ws"}],"x":1}"#, ["x"]),
            (#"{"tokens":[{"token":"x","expect":"ws"}],"include":["u"]}"#, ["include"]),
        ])
    func fields(body: String, complaints: [String]) async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let answer = try await server.answer(.post("/verify/batch", key: key, body))
            #expect(answer.status == 400 && Set(answer.complaints) == Set(complaints), "\(answer.complaints)")
        }
    }

    @Test("401, 403, 405, 415: as everywhere")
    func refusals() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let body = #"{"tokens":[{"token":"x","expect":"ws"}]}"#
            #expect(try await server.answer(.post("/verify/batch", key: nil, body)).status == 401)
            let issuer = try server.key(tenant, .issue)
            #expect(try await server.answer(.post("/verify/batch", key: issuer, body)).status == 403)
            let key = try server.key(tenant)
            let wrong = try await server.answer(Ask("GET", "/verify/batch", key: key))
            #expect(wrong.status == 405 && wrong["allow"] == "POST" && wrong.code == "method_not_allowed")
            var ask = Ask("POST", "/verify/batch", key: key)
            ask.body = Array(body.utf8)
            #expect(try await server.answer(ask).status == 415)
        }
    }
}
