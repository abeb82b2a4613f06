import Domain
import Testing
import Tokens
import WebAPI

@Suite("POST /tokens/explain")
struct ExplainTests {
    static let path = "/tokens/explain"

    static func question(_ token: String, _ more: String = "") -> String { #"{"token":"\#(token)"\#(more)}"# }

    /// The result of each check by name.
    static func results(_ answer: HTTPAnswer) throws -> [String: String] {
        Dictionary(
            try #require(try answer.json["checks"]?.array).map {
                ($0["check"]?.string ?? "", $0["result"]?.string ?? "")
            }
        ) { first, _ in first }
    }

    /// A token of the tenant's active key with other parts.
    static func forge(
        _ server: TestServer, like token: String, typ: String? = nil,
        _ change: (inout [(name: String, value: JSON)]) -> Void
    ) throws -> String {
        guard case .present(let state) = server.parts.directory.tenant(try #require(Tenant.ID("acme"))) else {
            return ""
        }
        let key = try #require(state.ring.active)
        var payload: [UInt8] = []
        let parsed = try UnverifiedToken(Array(token.utf8).span, payload: &payload)
        let claims = try JSON.parse(payload.span, maximumDepth: 8)
        var members = try #require(claims.members)
        change(&members)
        var forged: [UInt8] = []
        let bytes = JSON(object: members).compactBytes()
        try key.appendToken(headerSegment: key.headerSegment(typ: typ ?? parsed.typ), payload: bytes.span, to: &forged)
        return String(decoding: forged, as: UTF8.self)
    }

    @Test("200: nothing speaks against a good token, and it is not called valid")
    func good() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let ws = try await VerifyTests.pair(server, key).ws
            let answer = try await server.answer(.post(Self.path, key: key, Self.question(ws, #","expect":"ws""#)))
            #expect(answer.status == 200 && answer["cache-control"] == "no-store")
            let json = try answer.json
            #expect(
                try #require(json.members).map(\.name)
                    == ["code", "verifier", "at", "skewSeconds", "token", "checks"])
            #expect(json["code"]?.isNull == true && json["skewSeconds"]?.isNull == true)
            #expect(json["token"]?["keyState"]?.string == "active" && json["token"]?["userId"]?.string == "alice")
            let results = try Self.results(answer)
            #expect(Set(results.keys) == Set(Explanation.Check.Subject.allCases.map(\.rawValue)))
            #expect(Set(results.values) == ["pass"], "\(results)")
        }
    }

    @Test("for this server the code is that of the verdict, whatever the token")
    func agrees() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let key = try server.key(tenant)
            let node = try server.nodeKey()
            let (rest, ws) = try await VerifyTests.pair(server, key)
            let other = try await VerifyTests.pair(server, try server.key(try server.addTenant("other", .es256)))
            let signature = try #require(ws.split(separator: ".").last)
            let tokens = [
                rest, ws, other.ws, "x", "", "a.b.c", String(ws.dropLast(signature.count)) + "AAAA",
                try Self.forge(server, like: ws) { $0.removeAll { $0.name == "jti" } },
                try Self.forge(server, like: ws) { $0.append(("exp", 1)) },
                try Self.forge(server, like: ws) { $0.append(("exp", "1")) },
                try Self.forge(server, like: ws) { $0.append(("aud", "chat-api")) },
                try Self.forge(server, like: ws) { $0.append(("jti", "x.ws")) },
                try Self.forge(server, like: ws) { $0.append(("iss", "https://chat.example/t/nobody")) },
                try Self.forge(server, like: ws, typ: "at+jwt") { _ in },
                try Self.forge(server, like: ws, typ: "x") { _ in },
            ]
            for (index, token) in tokens.enumerated() {
                for asker in [key, node] {
                    for kind in ["rest", "ws"] {
                        let verdict = try await server.answer(
                            .post("/verify", key: asker, VerifyTests.question(token, kind)))
                        let answer = try await server.answer(
                            .post(Self.path, key: asker, Self.question(token, #","expect":"\#(kind)""#)))
                        #expect(try answer.json["code"]?.string == verdict.code, "token \(index) at \(kind)")
                    }
                }
            }
        }
    }

    @Test("of another tenant's token nothing is told but that")
    func foreign() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let other = try server.addTenant("other")
            let ws = try await VerifyTests.pair(server, try server.key(other)).ws
            let fresh = try await server.answer(.post(Self.path, key: key, Self.question(ws)))
            #expect(try Self.results(fresh) == ["issuer": "fail"])
            #expect(try fresh.json["token"]?.isNull == true && fresh.json["code"]?.string == "token_issuer_unknown")
            _ = try server.tenants.suspend(other)
            try server.follow()
            let suspended = try await server.answer(.post(Self.path, key: key, Self.question(ws)))
            let forged = try await server.answer(
                .post(Self.path, key: key, Self.question(String(ws.dropLast(4)) + "AAAA")))
            #expect(suspended.body == fresh.body && forged.body == fresh.body)
        }
    }

    @Test("a suspension is told of genuine tokens only; one who does not ask the server is said not to know")
    func standing() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let node = try server.nodeKey()
            let ws = try await VerifyTests.pair(server, try server.key(tenant)).ws
            _ = try server.tenants.suspend(tenant)
            try server.follow()
            let asked = try await server.answer(.post(Self.path, key: node, Self.question(ws)))
            #expect(try asked.json["code"]?.string == "tenant_suspended")
            let offline = try await server.answer(
                .post(Self.path, key: node, Self.question(ws, #","verifier":"offline-hs256""#)))
            #expect(try Self.results(offline)["tenant"] == "warn" && offline.json["code"]?.isNull == true)
            let forged = String(ws.dropLast(4)) + "AAAA"
            let guess = try await server.answer(.post(Self.path, key: node, Self.question(forged)))
            #expect(try Self.results(guess)["tenant"] == "skip")
        }
    }

    @Test("time: the clock of the verifier, its leeway, and how far it is from ours")
    func time() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let ws = try await VerifyTests.pair(server, key).ws
            let cases = [
                ("2026-01-03T03:04:04Z", 0, "pass", "pass", 86_399),
                ("2026-01-03T03:04:05Z", 0, "fail", "pass", 86_400),
                ("2026-01-03T03:04:34Z", 30, "pass", "pass", 86_429),
                ("2026-01-03T03:04:35Z", 30, "fail", "pass", 86_430),
                ("2026-01-02T03:04:00Z", 0, "pass", "warn", -5), ("2026-01-02T03:04:00Z", 5, "pass", "pass", -5),
            ]
            for (at, leeway, expiry, clock, skew) in cases {
                let answer = try await server.answer(
                    .post(Self.path, key: key, Self.question(ws, #","at":"\#(at)","leeway":\#(leeway)"#)))
                let results = try Self.results(answer)
                #expect(results["expiry"] == expiry && results["clock"] == clock, "\(at) \(leeway)")
                #expect(try answer.json["skewSeconds"]?.integer == Int64(skew) && answer.json["at"]?.string == at)
            }
        }
    }

    @Test(
        "what each kind of verifier cannot take",
        arguments: [
            (SignatureAlgorithm.hs256, "jwks", "verifier_algorithm_unsupported" as String?),
            (.hs256, "offline-hs256", nil),
            (.es256, "jwks", nil), (.es256, "offline-hs256", "verifier_algorithm_unsupported"),
            (.edDSA, "haproxy", "verifier_algorithm_unsupported"), (.edDSA, "apache", "verifier_algorithm_unsupported"),
            (.edDSA, "centrifugo", nil), (.es256, "haproxy", nil), (.es256, "ejabberd", "verifier_claim_missing"),
            (.es256, "rabbitmq", nil), (.hs256, "nginx", nil), (.hs256, "caddy", nil),
        ])
    func verifiers(algorithm: SignatureAlgorithm, verifier: String, code: String?) async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant("acme", algorithm))
            let ws = try await VerifyTests.pair(server, key).ws
            let answer = try await server.answer(
                .post(Self.path, key: key, Self.question(ws, #","verifier":"\#(verifier)""#)))
            #expect(try answer.json["code"]?.string == code)
        }
    }

    @Test("keys: retired ones are good, revoked ones are not, and an audience of the caller's is the one that counts")
    func keys() async throws {
        try await withServer { server in
            let tenant = try server.addTenant("acme", .es256)
            let key = try server.key(tenant)
            let ws = try await VerifyTests.pair(server, key).ws
            let old = try #require(try server.signingKeys.list(tenant).first { $0.state == .active })
            let new = try server.signingKeys.create(for: tenant, algorithm: .es256)
            _ = try server.signingKeys.activate(new.kid, of: tenant)
            try server.follow()
            let retired = try await server.answer(.post(Self.path, key: key, Self.question(ws)))
            #expect(try retired.json["token"]?["keyState"]?.string == "retired" && retired.json["code"]?.isNull == true)
            let strange = try await server.answer(
                .post(Self.path, key: key, Self.question(ws, #","verifier":"jwks","audience":"other""#)))
            #expect(try strange.json["code"]?.string == "token_wrong_audience")
            _ = try server.signingKeys.revoke(old.kid, of: tenant)
            try server.follow()
            let revoked = try await server.answer(.post(Self.path, key: key, Self.question(ws)))
            #expect(try revoked.json["code"]?.string == "token_key_unknown")
            #expect(try revoked.json["token"]?["keyState"]?.string == "revoked")
        }
    }

    @Test(
        "400: each field that is wrong is named",
        arguments: [
            ("{}", ["token"]), (#"{"token":1}"#, ["token"]), (#"{"token":"x","expect":"both"}"#, ["expect"]),
            (#"{"token":"x","verifier":"kong"}"#, ["verifier"]), (#"{"token":"x","at":"now"}"#, ["at"]),
            (#"{"token":"x","at":1767236645}"#, ["at"]), (#"{"token":"x","leeway":-1}"#, ["leeway"]),
            (#"{"token":"x","leeway":3601}"#, ["leeway"]), (#"{"token":"x","leeway":1.5}"#, ["leeway"]),
            (#"{"token":"x","audience":[]}"#, ["audience"]), (#"{"token":"x","x":1}"#, ["x"]),
        ])
    func fields(body: String, complaints: [String]) async throws {
        try await withServer { server in
            let answer = try await server.answer(.post(Self.path, key: try server.key(try server.addTenant()), body))
            #expect(answer.status == 400 && answer.complaints == complaints)
        }
    }

    @Test("401, 403, 405, 413, 415: as everywhere")
    func refusals() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let body = Self.question("x")
            #expect(try await server.answer(.post(Self.path, key: nil, body)).code == "api_key_missing")
            #expect(try await server.answer(.post(Self.path, key: try server.key(tenant, .issue), body)).status == 403)
            let key = try server.key(tenant)
            #expect(try await server.answer(Ask("GET", Self.path, key: key)).status == 405)
            let large = body + String(repeating: " ", count: 17_000)
            #expect(try await server.answer(.post(Self.path, key: key, large)).status == 413)
            var ask = Ask("POST", Self.path, key: key)
            ask.body = Array(body.utf8)
            #expect(try await server.answer(ask).status == 415)
        }
    }
}
