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

    @Test("a body of any size changes nothing, and as far as it is worth it not even the connection")
    func longBodies() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let ws = try await VerifyTests.pair(server, key).ws
            let good = ask(key, "?expect=ws", [("Authorization", "Bearer \(ws)")])
            let bad = ask(key, "?expect=ws", [("Authorization", "Bearer x")])
            let keySet = Ask("GET", "/t/acme/.well-known/jwks.json")
            for (ask, status) in [(good, 204), (bad, 401), (keySet, 200)] {
                for (length, keeps) in [(16_385, true), (256 * 1_024, true), (256 * 1_024 + 1, false)] {
                    for isChunked in [false, true] {
                        let answer = try await server.talk { wire in
                            try wire.send(ask.bytes(withZeros: length, isChunked: isChunked))
                            let first = try wire.answer()
                            guard keeps else { return (first, try wire.isClosed()) }
                            try wire.send(ask.bytes)
                            return (first, try wire.answer()?.status == status)
                        }
                        #expect(answer.0?.status == status && answer.1, "\(length) \(isChunked)")
                        #expect(answer.0?["connection"] == (keeps ? nil : "close"), "\(length) \(isChunked)")
                    }
                }
            }
        }
    }

    @Test("a body that is announced is not waited for where it will not be read")
    func announcedBody() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let statuses = try await server.talk { wire in
                let head = "GET /verify?expect=ws HTTP/1.1\r\nHost: h\r\nX-API-Key: \(key)\r\n"
                try wire.send(head + "Content-Length: 1000000000\r\n\r\n")
                return (try wire.answer()?.status, try wire.isClosed())
            }
            #expect(statuses.0 == 401 && statuses.1)
        }
    }
}

extension Ask {
    /// The request with a body of zeros, as one piece or in chunks.
    fileprivate func bytes(withZeros length: Int, isChunked: Bool) -> [UInt8] {
        var ask = self
        guard isChunked else {
            ask.body = [UInt8](repeating: 0x30, count: length)
            return ask.bytes
        }
        var bytes = ask.with("Transfer-Encoding", "chunked").bytes
        var rest = length
        while rest > 0 {
            let size = min(rest, 10_000)
            bytes += Array("\(String(size, radix: 16))\r\n".utf8) + [UInt8](repeating: 0x30, count: size)
            bytes += Array("\r\n".utf8)
            rest -= size
        }
        return bytes + Array("0\r\n\r\n".utf8)
    }
}
