import Domain
import Testing
import Tokens

@Suite("/admin/keys")
struct KeysTests {
    @Test("a key is created, used, rotated with grace, renamed and revoked; each change is in force with its answer")
    func life() async throws {
        try await withServer { server in
            let admin = try server.key(try server.addTenant(), .admin)
            let created = try await server.answer(
                .post("/admin/keys", key: admin, #"{"name":"Backend","scopes":["tokens:issue"],"expiresIn":86400}"#))
            #expect(created.status == 201 && created["cache-control"] == "no-store")
            let first = try #require(try created.json["apiKey"]?.string)
            let id = try #require(try created.json["id"]?.string)
            #expect(try await server.answer(.post("/tokens", key: first, #"{"userId":"u"}"#)).status == 200)

            let rotated = try await server.answer(
                .post("/admin/keys/\(id)/rotate", key: admin, #"{"graceSeconds":60}"#))
            let second = try #require(try rotated.json["apiKey"]?.string)
            #expect(try rotated.status == 200 && rotated.json["formerSecretUntil"]?.string != nil && second != first)
            for key in [first, second] {
                #expect(try await server.answer(.post("/tokens", key: key, #"{"userId":"u"}"#)).status == 200)
            }
            let again = try await server.answer(Ask("POST", "/admin/keys/\(id)/rotate", key: admin))
            #expect(again.status == 200)
            let old = try await server.answer(.post("/tokens", key: second, #"{"userId":"u"}"#))
            #expect(old.code == "api_key_invalid", "without grace it stops at once")

            var rename = Ask.post("/admin/keys/\(id)", key: admin, #"{"name":"Renamed"}"#)
            rename.method = "PATCH"
            #expect(try await server.answer(rename).json["name"]?.string == "Renamed")

            let revoked = try await server.answer(.post("/admin/keys/\(id)/revoke", key: admin, #"{"reason":"leak"}"#))
            let json = try revoked.json
            #expect(revoked.status == 200 && json["status"]?.string == "revoked")
            #expect(json["revocationReason"]?.string == "leak" && json["revokedBy"]?.string?.hasPrefix("key ") == true)
            let third = try #require(try again.json["apiKey"]?.string)
            #expect(try await server.answer(.post("/tokens", key: third, "{}")).code == "api_key_revoked")
            let late = try await server.answer(.post("/admin/keys/\(id)/rotate", key: admin, "{}"))
            #expect(late.status == 422 && late.code == "invalid_state")
        }
    }

    @Test("usage counts what was accepted, over both secrets, once it is stored")
    func usage() async throws {
        try await withServer { server in
            let acme = try server.addTenant()
            let admin = try server.key(acme, .admin)
            let issued = try server.keys.create(for: .tenant(acme), name: "Backend")
            for _ in 0..<3 { _ = try await server.answer(.post("/tokens", key: issued.text, #"{"userId":"u"}"#)) }
            let path = "/admin/keys/\(issued.key.id)"
            let before = try await server.answer(Ask("GET", path, key: admin)).json
            #expect(before["usageCount"]?.integer == 0 && before["lastUsedAt"]?.isNull == true)
            try server.parts.directory.uses.flush(into: server.parts.storage)
            let after = try await server.answer(Ask("GET", path, key: admin)).json
            #expect(after["usageCount"]?.integer == 3 && after["lastUsedAt"]?.string != nil)
        }
    }

    @Test("the list has every key of the tenant and no secret; expiringWithin leaves those that end soon")
    func list() async throws {
        try await withServer { server in
            let acme = try server.addTenant()
            let admin = try server.key(acme, .admin)
            for (name, life) in [("soon", 3_600), ("week", 7 * 86_400), ("late", 8 * 86_400)] {
                _ = try server.keys.create(for: .tenant(acme), name: name, expiresIn: life)
            }
            let gone = try server.keys.create(for: .tenant(acme), name: "gone", expiresIn: 60).key.id
            _ = try server.keys.revoke(gone)
            func names(_ query: String) async throws -> Set<String> {
                let answer = try await server.answer(Ask("GET", "/admin/keys\(query)", key: admin))
                #expect(answer.status == 200)
                #expect(!String(decoding: answer.body, as: UTF8.self).contains("secret"), "nor a hash of one")
                return Set(try answer.json["keys"]?.array?.compactMap { $0["name"]?.string } ?? [])
            }
            #expect(try await names("") == ["test", "soon", "week", "late", "gone"])
            #expect(try await names("?expiringWithin=7d") == ["soon", "week"])
            #expect(try await names("?expiringWithin=90m") == ["soon"])
            for bad in ["7", "d", "-1d", "7w", "0s", "9999999999d", "7d&expiringWithin=8d", "7d&x=1"] {
                let answer = try await server.answer(Ask("GET", "/admin/keys?expiringWithin=\(bad)", key: admin))
                #expect(answer.status == 400 && answer.code == "invalid_request", "\(bad)")
            }
        }
    }

    @Test("any key may ask what it is")
    func own() async throws {
        try await withServer { server in
            let acme = try server.addTenant()
            for (key, owner) in [
                (try server.key(acme, .verify), "tenant"), (try server.nodeKey(), "node"),
                (try server.keys.create(for: .operator, name: "o").text, "operator"),
            ] {
                let json = try await server.answer(Ask("GET", "/admin/keys/self", key: key)).json
                #expect(json["owner"]?.string == owner && json["preview"]?.string == String(key.prefix(20)))
            }
        }
    }

    @Test(
        "a body that breaks the rules is refused by field, and changes nothing",
        arguments: [
            (#"{}"#, ["name"]), (#"{"name":""}"#, ["name"]), (#"{"name":"a","scopes":[]}"#, ["scopes"]),
            (#"{"name":"a","scopes":["operator"]}"#, ["scopes"]), (#"{"name":"a","scopes":["x"]}"#, ["scopes"]),
            (#"{"name":"a","scopes":null}"#, ["scopes"]), (#"{"name":"a","expiresIn":0}"#, ["expiresIn"]),
            (#"{"name":"a","expiresIn":9223372036854775807}"#, ["expiresIn"]),
            (#"{"name":"a","secret":"x"}"#, ["secret"]),
            (#"[]"#, []),
        ])
    func badBodies(body: String, fields: [String]) async throws {
        try await withServer { server in
            let acme = try server.addTenant()
            let answer = try await server.answer(.post("/admin/keys", key: try server.key(acme, .admin), body))
            #expect(answer.status == 400 && answer.code == "invalid_request" && answer.complaints == fields)
            #expect(try server.keys.list(of: .tenant(acme)).count == 1)
        }
    }
}
