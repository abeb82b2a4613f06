import Domain
import Testing

@Suite("GET /verify, for proxies that pass on nothing but 2xx, 401 and 403")
struct ForwardAuthTests {
    private func ask(_ key: String?, _ query: String = "?expect=ws", _ fields: [(String, String)] = []) -> Ask {
        Ask("GET", "/verify\(query)", key: key, fields)
    }

    @Test("204: a valid token, and who it is for, percent-encoded")
    func admission() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            for (user, encoded) in [
                ("alice", "alice"), ("用户 1/ä%", "%E7%94%A8%E6%88%B7%201%2F%C3%A4%25"), ("a-b.c_d~e", "a-b.c_d~e"),
            ] {
                let ws = try await VerifyTests.pair(server, key, user: user).ws
                let answer = try await server.answer(ask(key, "?expect=ws", [("Authorization", "Bearer \(ws)")]))
                #expect(answer.status == 204 && answer.body.isEmpty && answer["content-length"] == nil)
                #expect(answer["x-chat-tenant"] == "acme" && answer["x-chat-user"] == encoded)
                #expect(answer["x-chat-grant"]?.utf8.count == 36 && answer["cache-control"] == "no-store")
            }
        }
    }

    @Test("204: the token is found wherever proxies put it, the header first")
    func places() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let ws = try await VerifyTests.pair(server, key).ws
            let places: [[(String, String)]] = [
                [("Authorization", "Bearer \(ws)")], [("Authorization", "Bearer   \(ws)")],
                [("Authorization", "Bearer \(ws) ")], [("authorization", "bearer \(ws)")], [("X-Chat-Token", ws)],
                [("X-Original-URI", "/socket?token=\(ws)")], [("X-Original-URI", "/socket?a=b&access_token=\(ws)&c=d")],
                [("X-Original-URI", "/socket?token=\(ws.replacing(".", with: "%2E"))")],
                [("Authorization", "Bearer \(ws)"), ("X-Chat-Token", "x")],
                [("Authorization", "Basic eDp5"), ("X-Chat-Token", ws)],
                [("X-Original-URI", "/socket?token=&access_token=\(ws)")],
            ]
            for fields in places {
                #expect(try await server.answer(ask(key, "?expect=ws", fields)).status == 204, "\(fields)")
            }
        }
    }

    @Test("401: a token that does not open this door, with a challenge that says why")
    func badToken() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let rest = try await VerifyTests.pair(server, key).rest
            for (token, code) in [(rest, "token_wrong_kind"), ("x", "token_malformed")] {
                let answer = try await server.answer(ask(key, "?expect=ws", [("Authorization", "Bearer \(token)")]))
                #expect(answer.status == 401 && answer.code == code)
                #expect(
                    answer["www-authenticate"]
                        == #"Bearer realm="chat-tokens", error="invalid_token", error_description="\#(code)""#)
            }
        }
    }

    @Test("401: no token at all, with a challenge that names no error (RFC 6750 §3.1)")
    func noToken() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            for fields in [
                [], [("Authorization", "Bearer ")], [("Authorization", "Basic eDp5")],
                [("X-Original-URI", "/socket?x=y")],
            ] {
                let answer = try await server.answer(ask(key, "?expect=ws", fields))
                #expect(answer.status == 401 && answer["www-authenticate"] == #"Bearer realm="chat-tokens""#)
            }
        }
    }

    @Test("403: the gateway's own mistakes: no key, a bad one, one without the scope, no expect")
    func misconfigured() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let issuer = try server.key(tenant, .issue)
            let key = try server.key(tenant)
            let cases: [(String?, String, String)] = [
                (nil, "?expect=ws", "api_key_missing"), ("x", "?expect=ws", "api_key_invalid"),
                (issuer, "?expect=ws", "scope_missing"), (key, "", "invalid_request"),
                (key, "?expect=", "invalid_request"),
                (key, "?expect=both", "invalid_request"), (key, "?Expect=ws", "invalid_request"),
            ]
            for (key, query, code) in cases {
                let answer = try await server.answer(ask(key, query, [("Authorization", "Bearer x")]))
                #expect(
                    answer.status == 403 && answer.code == code && answer["www-authenticate"] == nil, "\(code) \(query)"
                )
            }
        }
    }

    @Test("HEAD is answered as GET, and a body with the request changes nothing")
    func headAndBody() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let ws = try await VerifyTests.pair(server, key).ws
            var head = ask(key, "?expect=ws", [("Authorization", "Bearer \(ws)")])
            head.method = "HEAD"
            #expect(try await server.answer(head).status == 204)
            head.fields.removeLast()
            let refused = try await server.answer(head)
            #expect(refused.status == 401 && Int(refused["content-length"] ?? "") ?? 0 > 0)
            var withBody = ask(key, "?expect=ws", [("Authorization", "Bearer \(ws)")])
            withBody.body = Array("anything".utf8)
            #expect(try await server.answer(withBody).status == 204)
        }
    }
}
