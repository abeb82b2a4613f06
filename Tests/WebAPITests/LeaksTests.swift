import Domain
import Testing
import Tokens

@Suite("POST /leaks and what follows")
struct LeaksTests {
    /// A scanner of our own, which signs as GitHub does.
    private struct Scanner {
        let key: SigningKey

        init() throws {
            key = try SigningKey.generate(.es256, randomBytes: World.system.randomBytes)
        }

        /// What the scanner publishes.
        func document() throws -> [UInt8] {
            let jwk = try JSON.parse(Array(try #require(key.jwk(.public)).utf8).span, maximumDepth: 2)
            let (x, y) = (try #require(jwk["x"]?.string), try #require(jwk["y"]?.string))
            let head = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"
            let point = try #require(Base64URL.decode(x)) + (try #require(Base64URL.decode(y)))
            let pem = "-----BEGIN PUBLIC KEY-----\n\(head)\(Base64.encode(point))\n-----END PUBLIC KEY-----\n"
            let json: JSON = ["public_keys": [["key_identifier": "scanner", "key": JSON(pem), "is_current": true]]]
            return json.compactBytes()
        }

        /// The signature of a body, DER in base64.
        func signature(_ body: String) throws -> String {
            var raw: [UInt8] = []
            try key.sign(Array(body.utf8).span, appendingTo: &raw)
            func number(_ half: ArraySlice<UInt8>) -> [UInt8] {
                let digits = half.drop { $0 == 0 }
                let bytes = (digits.first ?? 0x80) & 0x80 == 0 ? Array(digits) : [0] + digits
                return [2, UInt8(bytes.count)] + bytes
            }
            let numbers = number(raw[..<32]) + number(raw[32...])
            return Base64.encode([0x30, UInt8(numbers.count)] + numbers)
        }

        func ask(_ body: String, signed other: String? = nil) throws -> Ask {
            .post(
                "/leaks", key: nil, body,
                [
                    ("GITHUB-PUBLIC-KEY-IDENTIFIER", "scanner"),
                    ("Github-Public-Key-Signature", try signature(other ?? body)),
                ])
        }
    }

    private func withDesk(quarantines: Bool = true, _ test: (TestServer, Scanner) async throws -> Void) async throws {
        let scanner = try Scanner()
        var hosting = Hosting()
        let document = try scanner.document()
        hosting.leakKeys = { document }
        hosting.quarantinesLeaks = quarantines
        try await hosting { server in try await test(server, scanner) }
    }

    @Test("a reported key is labelled and quarantined, stops with the answer, and is released by the operator")
    func quarantine() async throws {
        try await withDesk { server, scanner in
            let acme = try server.addTenant()
            let issued = try server.keys.create(for: .tenant(acme), name: "leaky")
            let use = Ask.post("/tokens", key: issued.text, #"{"userId":"u"}"#)
            #expect(try await server.answer(use).status == 200)
            let body =
                #"[{"token":"\#(issued.text)","type":"key","url":"https://example.org/f","source":"content"},"#
                + #"{"token":"chatsdk_x","type":"other","url":"","new":[1]}]"#
            let answer = try await server.answer(scanner.ask(body))
            #expect(answer.status == 200)
            let labels = try #require(try answer.json.array)
            #expect(labels.map { $0["label"]?.string } == ["true_positive", "false_positive"])
            #expect(labels.map { $0["token_type"]?.string } == ["key", "other"])
            let hash = Base64.encode(SHA256.digest(Array(issued.text.utf8).span).bytes)
            #expect(labels[0]["token_hash"]?.string == hash)
            #expect(!String(decoding: answer.body, as: UTF8.self).contains(issued.text))
            let refused = try await server.answer(use)
            #expect(refused.status == 401 && refused.code == "api_key_quarantined")
            let door = Ask("GET", "/verify?expect=ws", key: issued.text)
            #expect(try await server.answer(door).status == 403)

            let admin = try server.key(acme, .admin)
            let path = "/admin/keys/\(issued.key.id)"
            let shown = try await server.answer(Ask("GET", path, key: admin)).json
            #expect(shown["status"]?.string == "quarantined" && shown["leakedWhere"]?.string == "https://example.org/f")
            #expect(try await server.answer(Ask("POST", path + "/rotate", key: admin)).status == 422)
            #expect(try await server.answer(Ask("POST", path + "/release", key: admin)).code == "access_denied")
            let root = try server.keys.create(for: .operator, name: "root").text
            let release = Ask("POST", path + "/release", key: root, [("X-Chat-Tenant", "acme")])
            #expect(try await server.answer(release).json["status"]?.string == "active")
            #expect(try await server.answer(use).status == 200)
            #expect(try await server.answer(release).code == "invalid_state")
            #expect(try await server.answer(scanner.ask(body)).status == 200)
            #expect(try await server.answer(use).status == 200, "the same place again")
        }
    }

    @Test("a deployment that only reports leaves the key in use and says where it was found")
    func reportOnly() async throws {
        try await withDesk(quarantines: false) { server, scanner in
            let acme = try server.addTenant()
            let key = try server.key(acme, [.issue, .admin])
            let body = #"[{"token":"\#(key)","type":"key","url":"","source":"wiki"}]"#
            #expect(try await server.answer(scanner.ask(body)).json.array?.first?["label"]?.string == "true_positive")
            let shown = try await server.answer(Ask("GET", "/admin/keys/self", key: key)).json
            #expect(shown["status"]?.string == "active" && shown["leakedWhere"]?.string == "wiki")
        }
    }

    @Test("whatever is not signed by a reporter changes nothing")
    func signatures() async throws {
        try await withDesk { server, scanner in
            let acme = try server.addTenant()
            let key = try server.key(acme)
            let body = #"[{"token":"\#(key)","type":"key","url":"x"}]"#
            var asks = [try scanner.ask(body, signed: body + " "), .post("/leaks", key: nil, body)]
            let stranger = try Scanner()
            asks.append(try stranger.ask(body))
            var unknown = try scanner.ask(body)
            unknown.fields.removeAll { $0.0 == "GITHUB-PUBLIC-KEY-IDENTIFIER" }
            asks.append(unknown.with("GITHUB-PUBLIC-KEY-IDENTIFIER", "nobody"))
            asks.append(unknown)
            for ask in asks {
                let answer = try await server.answer(ask)
                #expect(answer.status == 403 && answer.code == "signature_invalid")
            }
            #expect(try await server.answer(.post("/tokens", key: key, #"{"userId":"u"}"#)).status == 200)
        }
    }

    @Test("where nobody's reports are taken, none are")
    func closed() async throws {
        try await withServer { server in
            let answer = try await server.answer(.post("/leaks", key: nil, "[]"))
            #expect(answer.status == 403 && answer.code == "access_denied")
        }
    }

    @Test(
        "a signed message of another form is refused",
        arguments: [
            ("{}", "invalid_request"), ("[]", "invalid_request"), ("[1]", "invalid_request"), ("[", "invalid_json"),
            (#"[{"token":1,"type":"a"}]"#, "invalid_request"), (#"[{"token":"a"}]"#, "invalid_request"),
        ])
    func forms(body: String, code: String) async throws {
        try await withDesk { server, scanner in
            let answer = try await server.answer(scanner.ask(body))
            #expect(answer.status == 400 && answer.code == code)
        }
    }

    @Test("a retired key departs from the published set by itself, on a server that has it in memory")
    func departure() async throws {
        try await withServer { server in
            let acme = try server.addTenant("acme", .es256)
            let admin = try server.key(acme, .admin)
            let next = try server.signingKeys.rotate(acme)
            _ = try server.signingKeys.activate(next.kid, of: acme)
            func published() async throws -> Int? {
                try await server.answer(Ask("GET", "/t/acme/.well-known/jwks.json")).json["keys"]?.array?.count
            }
            #expect(try await published() == 2)
            server.clock.advance(milliseconds: 89_999_000)
            server.parts.directory.confirmFresh(now: server.clock.monotonic)
            #expect(try await published() == 2)
            server.clock.advance(milliseconds: 1_000)
            #expect(try await published() == 1)
            #expect(
                try await server.answer(Ask("GET", "/admin/signing-keys", key: admin)).json["signingKeys"]?.array?.count
                    == 2)
        }
    }
}
