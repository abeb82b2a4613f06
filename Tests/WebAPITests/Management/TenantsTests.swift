import Domain
import Testing
import Tokens

@Suite("/admin/tenant and /operator/tenants")
struct TenantsTests {
    private func patch(_ path: String, _ key: String, _ json: String) -> Ask {
        var ask = Ask.post(path, key: key, json)
        ask.method = "PATCH"
        return ask
    }

    @Test("a tenant changes its settings, which hold from the next token, but neither plan nor limits")
    func own() async throws {
        try await withServer { server in
            let acme = try server.addTenant()
            let admin = try server.key(acme, .admin), key = try server.key(acme)
            let changed = try await server.answer(
                patch("/admin/tenant", admin, #"{"name":"Äcme","tokenLife":600,"xmppHost":"chat.example"}"#))
            #expect(try changed.status == 200 && changed.json["name"]?.string == "Äcme")
            let pair = try await server.answer(.post("/tokens", key: key, #"{"userId":"u"}"#)).json
            #expect(pair["expiresIn"]?.integer == 600)
            let cleared = try await server.answer(patch("/admin/tenant", admin, #"{"xmppHost":null}"#)).json
            #expect(cleared["xmppHost"]?.isNull == true && cleared["tokenLife"]?.integer == 600)
            let read = try await server.answer(Ask("GET", "/admin/tenant", key: admin)).json
            #expect(read["issuedPairs"]?.integer == 1 && read["id"]?.string == "acme")
            for (body, field) in [
                (#"{"plan":"pro"}"#, "plan"), (#"{"quota":1}"#, "quota"), (#"{"rate":1}"#, "rate"),
                (#"{"status":"active"}"#, "status"), (#"{"tokenLife":59}"#, "tokenLife"),
                (#"{"tokenLife":null}"#, "tokenLife"), (#"{"xmppHost":"a b"}"#, "xmppHost"),
                (#"{"tokenClaims":["a","a"]}"#, "tokenClaims"),
            ] {
                let answer = try await server.answer(patch("/admin/tenant", admin, body))
                #expect(answer.status == 400 && answer.complaints == [field], "\(body)")
            }
        }
    }

    @Test("the operator creates, changes, suspends, resumes and deletes a tenant")
    func life() async throws {
        try await withServer { server in
            let root = try server.keys.create(for: .operator, name: "o").text
            let created = try await server.answer(
                .post("/operator/tenants", key: root, #"{"id":"acme","plan":"pro","algorithm":"ES256"}"#))
            #expect(try created.status == 201 && created.json["rate"]?.integer == 100)
            let again = try await server.answer(.post("/operator/tenants", key: root, #"{"id":"acme"}"#))
            #expect(again.status == 409 && again.code == "conflict")
            let key = try server.key(try #require(Tenant.ID("acme")))
            func issue() async throws -> HTTPAnswer {
                try await server.answer(.post("/tokens", key: key, #"{"userId":"u"}"#))
            }
            #expect(try await issue().status == 200)
            let changed = try await server.answer(patch("/operator/tenants/acme", root, #"{"quota":1,"rate":7}"#))
            #expect(try changed.json["quota"]?.integer == 1 && changed.json["rate"]?.integer == 7)
            #expect(try await issue().code == "quota_exceeded")
            let plan = try await server.answer(patch("/operator/tenants/acme", root, #"{"quota":null}"#))
            #expect(try plan.json["quota"]?.integer == 100_000)

            func act(_ verb: String) async throws -> HTTPAnswer {
                try await server.answer(Ask("POST", "/operator/tenants/acme/\(verb)", key: root))
            }
            #expect(try await act("suspend").json["status"]?.string == "suspended")
            #expect(try await issue().code == "tenant_suspended")
            #expect(try await act("resume").json["status"]?.string == "active")
            #expect(try await issue().status == 200)
            let deleted = try await server.answer(Ask("DELETE", "/operator/tenants/acme", key: root))
            #expect(try deleted.status == 200 && deleted.json["status"]?.string == "deleted")
            #expect(try await issue().code == "api_key_invalid", "as if it had never been")
            #expect(try await server.answer(Ask("GET", "/t/acme/.well-known/jwks.json")).status == 404)
            #expect(try await act("resume").code == "invalid_state")
            let late = try await server.answer(patch("/operator/tenants/acme", root, #"{"quota":1}"#))
            #expect(late.code == "invalid_state")
            for tenant in ["acme", "never-was"] {
                for (path, body) in [
                    ("/admin/keys", #"{"name":"k"}"#), ("/admin/signing-keys", "{}"),
                    ("/tokens/revoke", #"{"all":true}"#),
                    ("/revocations/ack", #"{"verifier":"v","sequence":0}"#),
                ] {
                    let ask = Ask.post(path, key: root, body, [("X-Chat-Tenant", tenant)])
                    #expect(try await server.answer(ask).code == "not_found", "\(path) of \(tenant)")
                }
            }
            let past = try await server.answer(Ask("GET", "/admin/audit", key: root, [("X-Chat-Tenant", "acme")]))
            #expect(past.status == 200)
            let reborn = try await server.answer(.post("/operator/tenants", key: root, #"{"id":"acme"}"#))
            #expect(reborn.code == "conflict")
        }
    }

    @Test("the list comes in pages, every tenant once")
    func pages() async throws {
        try await withServer { server in
            let root = try server.keys.create(for: .operator, name: "o").text
            for name in ["b", "a", "c"] { try server.addTenant(name) }
            let first = try await server.answer(Ask("GET", "/operator/tenants?limit=2", key: root)).json
            #expect(first["tenants"]?.array?.compactMap { $0["id"]?.string } == ["a", "b"])
            let cursor = try #require(first["nextCursor"]?.string)
            let rest = try await server.answer(Ask("GET", "/operator/tenants?cursor=\(cursor)", key: root)).json
            #expect(rest["tenants"]?.array?.compactMap { $0["id"]?.string } == ["c"])
            #expect(rest["nextCursor"]?.isNull == true)
            #expect(try await server.answer(Ask("GET", "/operator/tenants?limit=0", key: root)).status == 400)
        }
    }
}
