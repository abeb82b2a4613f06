import Domain
import Testing
import Tokens

@Suite("Terms of API keys over HTTP")
struct KeyTermsTests {
    private static func patch(_ id: String, key: String, _ json: String) -> Ask {
        var ask = Ask.post("/admin/keys/\(id)", key: key, json)
        ask.method = "PATCH"
        return ask
    }

    private static func hex(_ text: String) -> String {
        SHA256.digest(Array(text.utf8).span).bytes.map { byte in
            String(byte >> 4, radix: 16) + String(byte & 0xF, radix: 16)
        }.joined()
    }

    @Test("a key held to addresses works from there alone: on both lanes, and as a proxy that is trusted says")
    func addresses() async throws {
        var hosting = Hosting()
        hosting.trustedProxies = TrustedProxies([try #require(AddressRange("127.0.0.0/8"))])
        try await hosting { server in
            let acme = try server.addTenant()
            let admin = try server.key(acme, .admin)
            let created = try await server.answer(
                .post(
                    "/admin/keys", key: admin,
                    #"{"name":"a","scopes":["tokens:issue","tokens:verify","admin"],"allowedAddresses":["192.0.2.0/24"]}"#
                ))
            #expect(created.status == 201)
            #expect(try created.json["allowedAddresses"]?.array?.compactMap(\.string) == ["192.0.2.0/24"])
            let key = try #require(try created.json["apiKey"]?.string)
            let token = #"{"token":"x","expect":"ws"}"#
            let asks: [Ask] = [
                .post("/tokens", key: key, #"{"userId":"u"}"#), .post("/verify", key: key, token),
                Ask("GET", "/admin/keys/self", key: key), Ask("GET", "/admin/tenant", key: key),
                .post("/verify/batch", key: key, #"{"tokens":[\#(token)]}"#),
            ]
            for ask in asks {
                let refused = try await server.answer(ask)
                #expect(refused.status == 403 && refused.code == "address_not_allowed", "\(ask.path)")
                // The client cannot speak for the proxy, which appends.
                let forged = try await server.answer(ask.with("X-Forwarded-For", "192.0.2.1, 198.51.100.1"))
                #expect(forged.code == "address_not_allowed", "\(ask.path)")
                let twice = try await server.answer(
                    ask.with("X-Forwarded-For", "192.0.2.1").with("X-Forwarded-For", "198.51.100.1"))
                #expect(twice.code == "address_not_allowed", "\(ask.path)")
                let inside = try await server.answer(ask.with("X-Forwarded-For", "198.51.100.1, 192.0.2.1"))
                #expect(inside.status == 200, "\(ask.path): \(inside.status)")
            }
            let door = Ask("GET", "/verify?expect=ws", key: key, [("X-Chat-Token", "x")])
            let refused = try await server.answer(door)
            #expect(refused.status == 403 && refused.code == "address_not_allowed")
            #expect(try await server.answer(door.with("X-Forwarded-For", "192.0.2.1")).status == 401)
        }
    }

    @Test("nobody is believed unless told, so that a client's own header opens nothing")
    func noProxies() async throws {
        try await withServer { server in
            let acme = try server.addTenant()
            let ranges = [try #require(AddressRange("192.0.2.0/24"))]
            let key = try server.keys.create(
                for: .tenant(acme), name: "a", terms: KeyTerms(allowedAddresses: ranges), by: .tests
            ).text
            let ask = Ask.post("/tokens", key: key, #"{"userId":"u"}"#).with("X-Forwarded-For", "192.0.2.1")
            #expect(try await server.answer(ask).code == "address_not_allowed")
            let local = try server.keys.create(
                for: .tenant(acme), name: "b",
                terms: KeyTerms(allowedAddresses: [try #require(AddressRange("127.0.0.1"))]), by: .tests
            ).text
            #expect(try await server.answer(.post("/tokens", key: local, #"{"userId":"u"}"#)).status == 200)
        }
    }

    @Test("a change is in force with its answer, keeps what it leaves out, and null ends a term")
    func change() async throws {
        try await withServer { server in
            let acme = try server.addTenant()
            let admin = try server.key(acme, .admin)
            let issued = try server.keys.create(for: .tenant(acme), name: "Backend")
            let id = issued.key.id.text
            let ask = Ask.post("/tokens", key: issued.text, #"{"userId":"u"}"#)
            #expect(try await server.answer(ask).status == 200)
            let held = try await server.answer(
                Self.patch(
                    id, key: admin,
                    #"{"allowedAddresses":["192.0.2.1"],"rateLimit":{"rate":2,"burst":3},"expiresIn":60}"#))
            #expect(try held.status == 200 && held.json["name"]?.string == "Backend")
            #expect(try held.json["rateLimit"] == ["rate": 2, "burst": 3])
            #expect(try held.json["expiresAt"]?.string != nil)
            #expect(try await server.answer(ask).code == "address_not_allowed")
            let freed = try await server.answer(Self.patch(id, key: admin, #"{"allowedAddresses":null,"name":"B"}"#))
            #expect(try freed.json["allowedAddresses"] == [] && freed.json["name"]?.string == "B")
            #expect(try freed.json["rateLimit"] == ["rate": 2, "burst": 3])
            #expect(try await server.answer(ask).status == 200)
            let last = try await server.answer(Self.patch(id, key: admin, #"{"rateLimit":null,"expiresIn":null}"#)).json
            #expect(last["rateLimit"]?.isNull == true && last["expiresAt"]?.isNull == true)
            #expect(try await server.answer(Self.patch(id, key: admin, "{}")).status == 200)
        }
    }

    @Test(
        "terms that break the rules are refused by field",
        arguments: [
            (#"{"allowedAddresses":["10.0.0.1/8"]}"#, "allowedAddresses"),
            (#"{"allowedAddresses":["localhost"]}"#, "allowedAddresses"),
            (#"{"allowedAddresses":[1]}"#, "allowedAddresses"),
            (#"{"allowedAddresses":"10.0.0.1"}"#, "allowedAddresses"),
            (#"{"rateLimit":{"rate":1}}"#, "rateLimit"), (#"{"rateLimit":{"rate":0,"burst":1}}"#, "rateLimit"),
            (#"{"rateLimit":{"rate":1,"burst":1,"x":1}}"#, "rateLimit"), (#"{"rateLimit":5}"#, "rateLimit"),
            (#"{"rateLimit":{"rate":1000001,"burst":1}}"#, "rateLimit"), (#"{"expiresIn":0}"#, "expiresIn"),
            (#"{"name":null}"#, "name"), (#"{"scopes":["admin"]}"#, "scopes"),
        ])
    func badTerms(body: String, field: String) async throws {
        try await withServer { server in
            let acme = try server.addTenant()
            let key = try server.keys.create(for: .tenant(acme), name: "a", scopes: .admin)
            let answer = try await server.answer(Self.patch(key.key.id.text, key: key.text, body))
            #expect(answer.status == 400 && answer.code == "invalid_request" && answer.complaints == [field])
            #expect(try server.parts.storage.apiKey(key.key.id) == key.key)
        }
    }

    @Test("a key of another system is imported and works, is listed and revoked as every key")
    func imports() async throws {
        try await withServer { server in
            let acme = try server.addTenant()
            let admin = try server.key(acme, .admin)
            let text = "zmc_live_4711.öä"
            let ask = Ask.post("/tokens", key: text, #"{"userId":"u"}"#)
            #expect(try await server.answer(ask).code == "api_key_invalid")
            let body = #"{"name":"Old","prefix":"zmc_","sha256":"\#(Self.hex(text))"}"#
            let made = try await server.answer(.post("/admin/keys/import", key: admin, body))
            #expect(try made.status == 201 && made.json["importedPrefix"]?.string == "zmc_")
            #expect(try made.json["apiKey"] == nil && made.json["status"]?.string == "active")
            #expect(try await server.answer(ask).status == 200)
            #expect(try await server.answer(Ask("GET", "/admin/keys/self", key: text)).json["name"]?.string == "Old")
            let again = try await server.answer(.post("/admin/keys/import", key: admin, body))
            #expect(again.status == 409 && again.code == "conflict")
            let id = try #require(try made.json["id"]?.string)
            let listed = try await server.answer(Ask("GET", "/admin/keys", key: admin))
            #expect(!String(decoding: listed.body, as: UTF8.self).contains(Self.hex(text)), "nor a hash of it")
            #expect(try await server.answer(Ask("POST", "/admin/keys/\(id)/revoke", key: admin)).status == 200)
            #expect(try await server.answer(ask).code == "api_key_revoked")
        }
    }

    @Test(
        "an import that breaks the rules is refused by field",
        arguments: [
            (#"{}"#, ["name", "prefix", "sha256"]),
            (#"{"name":"a","prefix":"zm","sha256":"\#(hex("x"))"}"#, ["prefix"]),
            (#"{"name":"a","prefix":"chatsdk_x","sha256":"\#(hex("x"))"}"#, ["prefix"]),
            (#"{"name":"a","prefix":"zmc_","sha256":"abc"}"#, ["sha256"]),
            (#"{"name":"a","prefix":"zmc_","sha256":"\#(hex("x"))","scopes":["operator"]}"#, ["scopes"]),
        ])
    func badImports(body: String, fields: [String]) async throws {
        try await withServer { server in
            let acme = try server.addTenant()
            let answer = try await server.answer(.post("/admin/keys/import", key: try server.key(acme, .admin), body))
            #expect(answer.status == 400 && answer.complaints == fields)
            #expect(try server.keys.list(of: .tenant(acme)).count == 1)
        }
    }
}
