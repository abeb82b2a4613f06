import Domain
import Synchronization
import Testing
import Tokens

@Suite("POST /tokens")
struct IssueTests {
    private static let alice = #"{"userId":"alice"}"#

    @Test("200: a pair, the user as stored, and when to come back")
    func success() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let body = #"{"userId":"alice","name":"Alice \"A\"","image":"https://a.example/x","custom":{"n": 1.50 }}"#
            let answer = try await server.answer(.post("/tokens", key: key, body))
            #expect(answer.status == 200 && answer.reason == "OK")
            #expect(answer["content-type"] == "application/json" && answer["cache-control"] == "no-store")
            let json = try answer.json
            #expect(
                try #require(json.members).map(\.name)
                    == ["token", "wsToken", "user", "expiresIn", "expiresAt", "refreshAfter", "grantId"])
            let user = #""user":{"id":"alice","name":"Alice \"A\"","image":"https://a.example/x","custom":{"n":1.50}}"#
            #expect(answer.text.contains(user))
            #expect(json["expiresIn"]?.integer == 86_400)
            #expect(json["expiresAt"]?.string == "2026-01-03T03:04:05Z")
            #expect((64_800...72_000).contains(json["refreshAfter"]?.integer ?? 0))
            for (member, suffix) in [("token", ".rest"), ("wsToken", ".ws")] {
                let claims = try Self.payload(try #require(json[member]?.string))
                #expect(claims["sub"]?.string == "alice")
                #expect(claims["jti"]?.string == (json["grantId"]?.string ?? "") + suffix)
                #expect(claims["akid"]?.string == String(key.dropFirst(8).prefix(12)))
            }
        }
    }

    @Test("200: expiresIn and channels are what the tokens say")
    func options() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let body = #"{"userId":"u","expiresIn":60,"refresh":false,"channels":["news", "a b"]}"#
            let json = try await server.answer(.post("/tokens", key: key, body)).json
            #expect(json["expiresIn"]?.integer == 60 && json["expiresAt"]?.string == "2026-01-02T03:05:05Z")
            let claims = try Self.payload(try #require(json["wsToken"]?.string))
            #expect(claims["channels"]?.array?.map(\.string) == ["news", "a b"])
            #expect(try Self.payload(try #require(json["token"]?.string))["channels"] == nil)
        }
    }

    @Test(
        "400: what is no JSON, each with its reason",
        arguments: [
            "", "{", "nul", #"{"userId":"u"} x"#, #"{"userId":"u","userId":"v"}"#,
            #"{"userId":"u","custom":{"a":1,"a":2}}"#,
            #"{"userId":"\ud800"}"#, "{\"userId\":\"a\nb\"}", #"{"userId":"u","custom":{"a":01}}"#, #"{"userId":"\x"}"#,
            #"{'userId':'u'}"#, "\u{FEFF}{}", #"{"userId":"u",}"#, #"{"userId":"u","\u0075serId":"v"}"#,
        ])
    func invalidJSON(body: String) async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let answer = try await server.answer(.post("/tokens", key: key, body))
            #expect(answer.status == 400 && answer.code == "invalid_json")
        }
    }

    @Test("400: JSON that is no object", arguments: ["null", "[]", "1", #""u""#, "true"])
    func notAnObject(body: String) async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let answer = try await server.answer(.post("/tokens", key: key, body))
            #expect(answer.status == 400 && answer.code == "invalid_request")
        }
    }

    @Test("401: no key, a malformed, an unknown, a revoked and an expired one")
    func apiKeys() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let revoked = try server.keys.create(for: .tenant(tenant), name: "k")
            _ = try server.keys.revoke(revoked.key.id)
            let expired = try server.keys.create(for: .tenant(tenant), name: "k", expiresIn: 1)
            server.clock.advance(milliseconds: 1_000)
            let unknown = APIKey.Secret(prefix: "chatsdk", world: server.clock.world).revealOnce()
            let cases: [(String?, String)] = [
                (nil, "api_key_missing"), ("", "api_key_missing"), ("x", "api_key_invalid"),
                (unknown, "api_key_invalid"),
                (revoked.text, "api_key_revoked"), (expired.text, "api_key_expired"),
            ]
            for (key, code) in cases {
                let answer = try await server.answer(.post("/tokens", key: key, Self.alice))
                #expect(answer.status == 401 && answer.code == code)
                #expect(try answer.json["title"]?.string == "Invalid API key")
                #expect(answer["www-authenticate"] == #"ApiKey realm="chat-tokens""#)
            }
        }
    }

    @Test("403: a key without the scope, a node key, an operator's key, a suspended tenant")
    func forbidden() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let verifier = try server.key(tenant, .verify)
            let operatorKey = try server.keys.create(for: .operator, name: "o").text
            for key in [verifier, try server.nodeKey(), operatorKey] {
                let answer = try await server.answer(.post("/tokens", key: key, Self.alice))
                #expect(answer.status == 403 && answer.code == "scope_missing")
            }
            let key = try server.key(tenant)
            _ = try server.tenants.suspend(tenant)
            try server.follow()
            let answer = try await server.answer(.post("/tokens", key: key, Self.alice))
            #expect(answer.status == 403 && answer.code == "tenant_suspended")
        }
    }

    @Test("413: a body of more than 16 KiB, declared or in chunks; one of exactly 16 KiB passes")
    func tooLarge() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let padding = String(repeating: " ", count: 16_384 - Self.alice.utf8.count)
            #expect(try await server.answer(.post("/tokens", key: key, Self.alice + padding)).status == 200)
            let answer = try await server.answer(.post("/tokens", key: key, Self.alice + padding + " "))
            #expect(answer.status == 413 && answer.code == "body_too_large")
            let chunked = try await server.talk { wire in
                try wire.send(
                    "POST /tokens HTTP/1.1\r\nHost: h\r\nX-API-Key: \(key)\r\nContent-Type: application/json\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n5000\r\n" + String(repeating: " ", count: 0x5000)
                        + "\r\n0\r\n\r\n")
                return try wire.answer()
            }
            #expect(chunked?.status == 413)
        }
    }

    @Test(
        "415: any content type but application/json",
        arguments: [
            nil, "", "text/plain", "application/jsonx", "json", "application/json charset=utf-8",
            "application/json, application/json", "application/json\tx",
        ])
    func mediaType(type: String?) async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            var ask = Ask("POST", "/tokens", key: key, type.map { [("Content-Type", $0)] } ?? [])
            ask.body = Array(Self.alice.utf8)
            let answer = try await server.answer(ask)
            #expect(answer.status == 415 && answer.code == "unsupported_media_type")
        }
    }

    @Test("A body is compressed if any Content-Encoding says so", arguments: [("gzip", 415), ("identity", 200)])
    func encodings(second: String, status: Int) async throws {
        try await withServer { server in
            let fields = [("Content-Type", "application/json"), ("Content-Encoding", "identity")]
            var ask = Ask(
                "POST", "/tokens", key: try server.key(try server.addTenant()), fields + [("Content-Encoding", second)])
            ask.body = Array(Self.alice.utf8)
            #expect(try await server.answer(ask).status == status)
        }
    }

    @Test(
        "200: application/json with parameters and in any case",
        arguments: [
            "application/json; charset=utf-8", "APPLICATION/Json", "application/json\t;charset=utf-8",
            "application/json \t ; charset=utf-8", "application/json;", "application/json\t",
        ])
    func mediaTypes(type: String) async throws {
        try await withServer { server in
            var ask = Ask("POST", "/tokens", key: try server.key(try server.addTenant()), [("Content-Type", type)])
            ask.body = Array(Self.alice.utf8)
            #expect(try await server.answer(ask).status == 200)
        }
    }

    @Test("422: a token of more than 7 KiB, which leaves no user behind")
    func unprocessable() async throws {
        try await withServer { server in
            let tenant = try server.addTenant { $0.tokenClaims = ["big"] }
            let key = try server.key(tenant)
            let big = String(repeating: "x", count: 5_000)
            let channels = Array(repeating: #""\#(String(repeating: "c", count: 100))""#, count: 20).joined(
                separator: ",")
            let body = #"{"userId":"big","custom":{"big":"\#(big)"},"channels":[\#(channels)]}"#
            let answer = try await server.answer(.post("/tokens", key: key, body))
            #expect(answer.status == 422 && answer.code == "token_too_large")
            #expect(try server.parts.storage.user(tenant, try #require(User.ID("big"))) == nil)
        }
    }

    @Test("escapes of a channel do not reach the token")
    func channelEscapes() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let body = #"{"userId":"u","channels":["a\/b", "\u0041", "\"\\", "plain"]}"#
            let answer = try await server.answer(.post("/tokens", key: key, body))
            let token = try #require(try answer.json["wsToken"]?.string)
            let claims = try #require(Base64URL.decode(String(token.split(separator: ".")[1])))
            let text = String(decoding: claims, as: UTF8.self)
            #expect(text.contains(#""channels":["a/b","A","\"\\","plain"]"#), "\(text)")
        }
    }

    static func payload(_ token: String) throws -> JSON {
        let part = try #require(token.split(separator: ".").dropFirst().first)
        let claims = try #require(Base64URL.decode(String(part)))
        return try JSON.parse(claims.span, maximumDepth: 32)
    }
}
