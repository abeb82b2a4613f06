import Domain
import Testing
import Tokens

@Suite("Centrifugo's connect and refresh proxies")
struct CentrifugoTests {
    private static let start: Int64 = 1_767_323_045  // 2026-01-02T03:04:05Z, when the tests' clock begins

    private static func asked(by path: String, _ key: String?, _ body: String) -> Ask {
        .post("/centrifugo/\(path)", key: key, body)
    }

    private static func connect(_ key: String?, token: String, query: String = "") -> Ask {
        asked(by: "connect\(query)", key, #"{"client":"c","transport":"websocket","data":{"token":"\#(token)"}}"#)
    }

    private static func refresh(_ key: String?, user: String, meta: String, query: String = "") -> Ask {
        asked(by: "refresh\(query)", key, #"{"client":"c","transport":"websocket","user":"\#(user)","meta":\#(meta)}"#)
    }

    @Test("200: a wsToken lets its user in, with what the token says")
    func accepted() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let body = #"{"userId":"zoë \"1\"","name":"Zoë","channels":["a:1","b"]}"#
            let token = try #require(try await server.answer(.post("/tokens", key: key, body)).json["wsToken"]?.string)
            let answer = try await server.answer(Self.connect(key, token: token))
            #expect(answer.status == 200 && answer["cache-control"] == "no-store")
            let expected: JSON = [
                "result": [
                    "user": "zoë \"1\"", "expire_at": JSON(Self.start + 86_400), "info": ["name": "Zoë"],
                    "channels": ["a:1", "b"], "meta": ["tenant": "acme"],
                ]
            ]
            #expect(try answer.json == expected)
        }
    }

    @Test("200: the token may come as an Authorization field that Centrifugo passes on")
    func bearer() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let token = try await VerifyTests.pair(server, key).ws
            for field in ["Bearer \(token)", "bearer   \(token)"] {
                let ask = Self.asked(by: "connect", key, #"{"client":"c"}"#).with("Authorization", field)
                #expect(try await server.answer(ask).json["result"]?["user"]?.string == "alice", "\(field)")
            }
        }
    }

    @Test("200: any other token is refused, an expired one with leave to come back")
    func refused() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let key = try server.key(tenant)
            let pair = try await VerifyTests.pair(server, key)
            let other = try await VerifyTests.pair(server, try server.key(try server.addTenant("other")))
            for (token, reason) in [
                (pair.rest, "token_wrong_kind"), ("x", "token_malformed"), (pair.ws + "A", "token_signature_invalid"),
                (other.ws, "token_issuer_unknown"),
            ] {
                let answer = try await server.answer(Self.connect(key, token: token))
                #expect(answer.status == 200)
                #expect(try answer.json == ["disconnect": ["code": 4_501, "reason": JSON(reason)]])
            }
            for body in ["{}", #"{"data":{}}"#, #"{"data":"x"}"#, #"{"data":{"token":7}}"#] {
                let answer = try await server.answer(Self.asked(by: "connect", key, body))
                #expect(try answer.json == ["disconnect": ["code": 4_501, "reason": "token_missing"]])
            }
            server.clock.advance(milliseconds: 86_400_000)
            try server.follow()
            let expired = try await server.answer(Self.connect(key, token: pair.ws))
            #expect(try expired.json == ["disconnect": ["code": 4_401, "reason": "token_expired"]])
        }
    }

    @Test("200: with recheck a connection is asked about again, up to the end of its token")
    func recheck() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let token = try await VerifyTests.pair(server, key).ws
            let accepted = try await server.answer(Self.connect(key, token: token, query: "?recheck=60")).json
            #expect(accepted["result"]?["expire_at"]?.integer == Self.start + 60)
            let meta = try #require(accepted["result"]?["meta"])
            #expect(meta == ["tenant": "acme", "token": JSON(token)])
            let ask = Self.refresh(
                key, user: "alice", meta: String(decoding: meta.compactBytes(), as: UTF8.self), query: "?recheck=60")
            for (passed, end) in [(60, 120), (86_400 - 60 - 10, 86_400)] {
                server.clock.advance(milliseconds: Int64(passed) * 1_000)
                try server.follow()
                let stays: JSON = ["result": ["expire_at": JSON(Self.start + Int64(end)), "info": ["name": "Alice"]]]
                #expect(try await server.answer(ask).json == stays)
            }
            server.clock.advance(milliseconds: 10_000)
            try server.follow()
            #expect(try await server.answer(ask).json == ["result": ["expired": true]])
        }
    }

    @Test("what Centrifugo asks counts as verifications, for the tenant whose key or whose token it is")
    func counted() async throws {
        try await withServer { server in
            let acme = try server.addTenant()
            let (key, node, admin) = (try server.key(acme), try server.nodeKey(), try server.key(acme, .admin))
            let token = try await VerifyTests.pair(server, key).ws
            let meta = #"{"tenant":"acme","token":"\#(token)"}"#
            for asker in [key, node] {
                #expect(try await server.answer(Self.connect(asker, token: token)).status == 200)
                #expect(try await server.answer(Self.refresh(asker, user: "alice", meta: meta)).status == 200)
                #expect(try await server.answer(Self.connect(asker, token: token + "A")).status == 200)
            }
            #expect(try await server.answer(Self.asked(by: "connect", key, "{}")).status == 200, "without a token")
            try server.parts.directory.tallies.flush(into: server.parts.storage, at: server.clock.now)
            let total = try await server.answer(Ask("GET", "/admin/usage", key: admin)).json["total"]
            #expect(total?["verifications"]?["valid"]?.integer == 4)
            #expect(total?["verifications"]?["invalid"]?["token_signature_invalid"]?.integer == 2)
            let byKey = try await server.answer(Ask("GET", "/admin/usage?by=key", key: admin)).json["usage"]?.array
            #expect(byKey?.compactMap { $0["verifications"]?["valid"]?.integer }.sorted() == [2, 2])
        }
    }

    @Test("200: a connection ends when it is not the token's user's, or there is no token, or the tenant is suspended")
    func ends() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let node = try server.nodeKey()
            let token = try await VerifyTests.pair(server, try server.key(tenant)).ws
            let meta = #"{"tenant":"acme","token":"\#(token)"}"#
            let stays = try await server.answer(Self.refresh(node, user: "alice", meta: meta)).json
            #expect(stays == ["result": ["expire_at": JSON(Self.start + 86_400), "info": ["name": "Alice"]]])
            for (user, meta) in [("bob", meta), ("alice", #"{"tenant":"acme"}"#), ("alice", "null"), ("", meta)] {
                let answer = try await server.answer(Self.refresh(node, user: user, meta: meta))
                #expect(try answer.json == ["result": ["expired": true]])
            }
            _ = try server.tenants.suspend(tenant)
            try server.follow()
            let ended = try await server.answer(Self.refresh(node, user: "alice", meta: meta)).json
            #expect(ended == ["result": ["expired": true]])
        }
    }

    @Test(
        "400, 401, 403, 413, 415: what is the gateway's own mistake is no answer about a client",
        arguments: ["connect", "refresh"])
    func mistakes(_ path: String) async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let key = try server.key(tenant)
            let issuer = try server.key(tenant, [.issue])
            let ask = Self.asked(by: path, key, "{}")
            #expect(try await server.answer(Self.asked(by: path, nil, "{}")).code == "api_key_missing")
            #expect(try await server.answer(Self.asked(by: path, "x", "{}")).code == "api_key_invalid")
            #expect(try await server.answer(Self.asked(by: path, issuer, "{}")).code == "scope_missing")
            #expect(try await server.answer(Self.asked(by: path, key, "{")).code == "invalid_json")
            #expect(try await server.answer(Self.asked(by: path, key, "[]")).code == "invalid_request")
            var plain = ask
            plain.fields.removeAll { $0.0 == "Content-Type" }
            #expect(try await server.answer(plain).status == 415)
            for value in ["9", "86401", "x", "", "-60", "99999999999999999999"] {
                let answer = try await server.answer(Self.asked(by: "\(path)?recheck=\(value)", key, "{}"))
                #expect(answer.status == 400 && answer.complaints == ["recheck"], "\(value)")
            }
            let large = #"{"data":"\#(String(repeating: "x", count: 131_072))"}"#
            #expect(try await server.answer(Self.asked(by: path, key, large)).status == 413)
        }
    }
}
