import Domain
import Testing
import Tokens
import WebAPI

@Suite("POST /oauth2/introspect")
struct IntrospectTests {
    static let path = "/oauth2/introspect"

    /// A question as a form.
    static func form(_ key: String?, _ body: String, _ fields: [(String, String)] = []) -> Ask {
        var ask = Ask("POST", path, key: key, [("Content-Type", "application/x-www-form-urlencoded")] + fields)
        ask.body = Array(body.utf8)
        return ask
    }

    static func basic(_ user: String, _ password: String) -> [(String, String)] {
        [("Authorization", "Basic \(Base64.encode("\(user):\(password)"))")]
    }

    @Test("200: a valid token of either kind is told in the members of RFC 7662, and to whom it belongs")
    func active() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let pair = try await VerifyTests.pair(server, key)
            for (token, kind) in [(pair.rest, TokenKind.rest), (pair.ws, .ws)] {
                let answer = try await server.answer(Self.form(key, "token=\(token)&token_type_hint=refresh_token&x=y"))
                #expect(answer.status == 200 && answer["cache-control"] == "no-store")
                #expect(answer["content-type"] == "application/json")
                let json = try answer.json
                #expect(
                    try #require(json.members).map(\.name)
                        == [
                            "active", "scope", "client_id", "username", "token_type", "exp", "iat", "sub", "aud", "iss",
                            "jti", "tenant", "grantId", "kind",
                        ])
                let payload = try #require(token.split(separator: ".").dropFirst().first.map(String.init))
                let bytes = try #require(Base64URL.decode(payload))
                let claims = try JSON.parse(bytes.span, maximumDepth: 8)
                for name in ["scope", "exp", "iat", "sub", "aud", "iss", "jti"] {
                    #expect(json[name]?.compactBytes() == claims[name]?.compactBytes(), "\(name)")
                }
                #expect(json["active"]?.bool == true && json["kind"]?.string == kind.rawValue)
                #expect(json["username"]?.string == "alice" && json["client_id"]?.string == "acme")
            }
        }
    }

    @Test("200: of anything not valid nothing is told but that")
    func inactive() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let key = try server.key(tenant)
            let node = try server.nodeKey()
            let pair = try await VerifyTests.pair(server, key)
            let other = try await VerifyTests.pair(server, try server.key(try server.addTenant("other")))
            let nothing = #"{"active":false}"#
            for token in ["x", "e30.e30.e30", pair.ws + "A", String(pair.ws.dropLast()), other.ws, "%00%FF"] {
                #expect(try await server.answer(Self.form(key, "token=\(token)")).text == nothing, "\(token)")
            }
            #expect(try await server.answer(Self.form(node, "token=\(other.ws)")).json["tenant"]?.string == "other")
            _ = try server.tenants.suspend(tenant)
            try server.follow()
            #expect(try await server.answer(Self.form(node, "token=\(pair.ws)")).text == nothing)
            server.clock.advance(milliseconds: 86_400_000)
            try server.follow()
            #expect(try await server.answer(Self.form(node, "token=\(other.ws)")).text == nothing)
        }
    }

    @Test("a key may come as HTTP Basic: its id or preview as user, the whole key or the rest of it as password")
    func basic() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let token = try await VerifyTests.pair(server, key).ws
            let id = String(key.dropFirst("chatsdk_".count).prefix(12))
            let rest = String(key.dropFirst("chatsdk_".count + 12))
            for (user, password) in [(id, key), ("chatsdk_\(id)", key), (id, rest), ("chatsdk_\(id)", rest)] {
                let answer = try await server.answer(Self.form(nil, "token=\(token)", Self.basic(user, password)))
                #expect(try answer.json["active"]?.bool == true, "\(user)")
            }
            for (user, password) in [
                (id, ""), ("", key), ("chatsdk_", key), ("x", key), (id, String(rest.dropLast())),
                (id, key + "x"), (String(id.dropLast()), rest), ("", ""),
            ] {
                let answer = try await server.answer(Self.form(nil, "token=\(token)", Self.basic(user, password)))
                #expect(answer.status == 401 && answer.code == "api_key_invalid", "\(user):\(password)")
            }
            let fields = ["Basic", "Basic ", "Basic !!!", "Basic YQ", "Basic a", "Bearer \(key)", "basic YTpi"]
            for field in fields {
                let answer = try await server.answer(Self.form(nil, "token=\(token)", [("Authorization", field)]))
                #expect(answer.status == 401, "\(field)")
                #expect(answer["www-authenticate"]?.contains("Basic realm=") == true)
                #expect(try answer.json["error"]?.string == "invalid_client")
            }
        }
    }

    @Test("a form may spell the token with escapes; one that is no form is refused")
    func forms() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let token = try await VerifyTests.pair(server, key).ws
            let escaped = token.replacing(".", with: "%2E").replacing("e", with: "%65")
            for body in [
                "token=\(escaped)", "%74oken=\(token)", "&&token=\(token)&", "a&b=&token=\(token)&token_type_hint",
                "a=b=c&token=\(token)&a=b",
            ] {
                #expect(try await server.answer(Self.form(key, body)).json["active"]?.bool == true, "\(body)")
            }
            for body in [
                "", "token", "token=", "Token=\(token)", "token=\(token)&token=\(token)", "token=a%", "token=a%4",
                "token=a%4G", "token=a b", "token=é", "token=\(token)\r\n", "token=\(token)&x=%zz", "a=b",
            ] {
                let answer = try await server.answer(Self.form(key, body))
                #expect(answer.status == 400 && answer.code == "invalid_request", "\(body)")
                #expect(try answer.json["error"]?.string == "invalid_request")
            }
        }
    }

    @Test("401, 403, 405, 413, 415: as everywhere")
    func refusals() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let key = try server.key(tenant)
            let missing = try await server.answer(Self.form(nil, "token=x"))
            #expect(missing.status == 401 && missing.code == "api_key_missing")
            let issuer = try await server.answer(Self.form(try server.key(tenant, .issue), "token=x"))
            #expect(issuer.status == 403 && issuer.code == "scope_missing")
            #expect(try await server.answer(Ask("GET", Self.path, key: key)).status == 405)
            let long = "token=x&y=" + String(repeating: "y", count: 17_000)
            #expect(try await server.answer(Self.form(key, long)).status == 413)
            let json = try await server.answer(.post(Self.path, key: key, #"{"token":"x"}"#))
            #expect(json.status == 415 && json.code == "unsupported_media_type")
        }
    }

    @Test(
        "who asks for a signed answer gets one that the tenant's keys verify, for its own key alone",
        arguments: SignatureAlgorithm.allCases)
    func signed(algorithm: SignatureAlgorithm) async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant("acme", algorithm))
            let token = try await VerifyTests.pair(server, key).ws
            let accept = [("Accept", "text/html, Application/Token-Introspection+JWT;q=0.5")]
            let answer = try await server.answer(Self.form(key, "token=\(token)", accept))
            #expect(answer.status == 200 && answer["content-type"] == "application/token-introspection+jwt")
            var payload: [UInt8] = []
            let parsed = try UnverifiedToken(answer.body.span, payload: &payload)
            #expect(parsed.typ == "token-introspection+jwt" && parsed.algorithm == algorithm)
            guard case .present(let state) = server.parts.directory.tenant(try #require(Tenant.ID("acme"))) else {
                Issue.record("the tenant is in use")
                return
            }
            let entry = try #require(state.ring.entry(kid: parsed.kid))
            let isGenuine = entry.key.verify(answer.body.span, parsed.segments)
            #expect(isGenuine)
            let claims = try JSON.parse(payload.span, maximumDepth: 8)
            #expect(try #require(claims.members).map(\.name) == ["iss", "aud", "iat", "token_introspection"])
            #expect(claims["iss"]?.string == "https://chat.example/t/acme")
            #expect(claims["aud"]?.string == String(key.dropFirst(8).prefix(12)))
            let plain = try await server.answer(Self.form(key, "token=\(token)"))
            #expect(claims["token_introspection"]?.compactBytes() == (try plain.json).compactBytes())
            // What was signed opens no door.
            let misuse = try await server.answer(Self.form(key, "token=\(answer.text)"))
            #expect(misuse.text == #"{"active":false}"#)
        }
    }

    @Test("a refusal is signed too, by the caller's tenant; wildcards and q=0 ask for none")
    func signedRefusal() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let type = "application/token-introspection+jwt"
            let answer = try await server.answer(Self.form(key, "token=x", [("Accept", type)]))
            var payload: [UInt8] = []
            _ = try UnverifiedToken(answer.body.span, payload: &payload)
            let claims = try JSON.parse(payload.span, maximumDepth: 8)
            #expect(claims["token_introspection"]?.compactBytes() == Array(#"{"active":false}"#.utf8))
            for accept in ["*/*", "application/*", "application/json", "\(type);q=0", "x\(type)"] {
                let plain = try await server.answer(Self.form(key, "token=x", [("Accept", accept)]))
                #expect(plain.text == #"{"active":false}"#, "\(accept)")
            }
            let node = try await server.answer(Self.form(try server.nodeKey(), "token=x", [("Accept", type)]))
            #expect(node["content-type"] == "application/json" && node.text == #"{"active":false}"#)
        }
    }

    @Test("a hot endpoint: introspection does not count against the tenant's rate limit, and pipelines")
    func pipelined() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant { ($0.rate, $0.burst) = (.set(1), .set(1)) })
            let token = try await VerifyTests.pair(server, key).ws
            let asks = (0..<5).map { _ in Self.form(key, "token=\(token)") }
            let answers = try await server.answers(asks + [Ask("GET", "/healthz")] + asks)
            #expect(answers.map(\.status) == Array(repeating: 200, count: 11))
        }
    }
}

/// Base64 of RFC 4648 §4, with padding.
private enum Base64 {
    static func encode(_ text: String) -> String {
        let plain = Base64URL.encode(Array(text.utf8)).replacing("-", with: "+").replacing("_", with: "/")
        return plain + String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
    }
}
