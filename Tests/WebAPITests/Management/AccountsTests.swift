import Domain
import Testing
import Tokens

/// A registration as a body.
private func registration(
    _ email: String = "ann@acme.example", _ tenant: String = "acme", password: String = TestServer.password
) -> String {
    #"{"email":"\#(email)","password":"\#(password)","tenant":{"id":"\#(tenant)","name":"Acme Chat"}}"#
}

private func credentials(_ email: String, _ password: String) -> String {
    #"{"email":"\#(email)","password":"\#(password)"}"#
}

@Suite("/auth")
struct AccountsTests {
    @Test("one request makes account, tenant and a key that issues at once; the account is its owner")
    func register() async throws {
        try await withServer { server in
            let answer = try await server.answer(.post("/auth/register", key: nil, registration("Ann@Acme.example")))
            let json = try answer.json
            #expect(answer.status == 201 && answer["cache-control"] == "no-store")
            #expect(json["account"]?["email"]?.string == "ann@acme.example")
            #expect(json["tenant"]?["id"]?.string == "acme" && json["tenant"]?["name"]?.string == "Acme Chat")
            #expect(json["key"]?["name"]?.string == "Primary API key")
            #expect(json["memberships"]?.array?.first?["role"]?.string == "owner")
            let key = try #require(json["apiKey"]?.string)
            #expect(try await server.answer(.post("/tokens", key: key, #"{"userId":"u"}"#)).status == 200)
            let token = try #require(json["session"]?["token"]?.string)
            #expect(try await server.answer(.bearer("GET", "/admin/keys", token)).status == 200)
            let text = String(decoding: answer.body, as: UTF8.self)
            #expect(!text.contains("scrypt") && !text.contains(TestServer.password))
        }
    }

    @Test("a taken tenant or e-mail address is a conflict that says which, and leaves nothing")
    func conflicts() async throws {
        try await withServer { server in
            #expect(try await server.answer(.post("/auth/register", key: nil, registration())).status == 201)
            for (body, word) in [
                (registration("bob@acme.example", "acme"), "tenant acme"),
                (registration("ANN@acme.example", "other"), "e-mail"), (registration(), "tenant acme"),
            ] {
                let answer = try await server.answer(.post("/auth/register", key: nil, body))
                #expect(answer.status == 409 && answer.code == "conflict")
                #expect(try answer.json["detail"]?.string?.contains(word) == true, "\(body)")
            }
            #expect(try server.tenants.list().map(\.id.text) == ["acme"])
            #expect(try server.parts.storage.accounts().map(\.email.text) == ["ann@acme.example"])
            let login = credentials("bob@acme.example", TestServer.password)
            #expect(try await server.answer(.post("/auth/login", key: nil, login)).code == "credentials_invalid")
        }
    }

    @Test("the cookie is for this host, this site and no script; the document has the token for programs")
    func cookie() async throws {
        try await withServer { server in
            let answer = try await server.answer(.post("/auth/register", key: nil, registration()))
            let token = try #require(try answer.json["session"]?["token"]?.string)
            let cookies = answer.fields.filter { $0.0.lowercased() == "set-cookie" }.map(\.1)
            #expect(
                cookies.first
                    == "__Host-chat_session=\(token); Path=/; Max-Age=604800; HttpOnly; SameSite=Lax; Secure")
            #expect(cookies.count == 2 && cookies.last?.hasPrefix("__Host-chat_device=") == true)
            #expect(cookies.last?.hasSuffix("; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax; Secure") == true)
            #expect(token.split(separator: ".").count == 3)
        }
    }

    @Test("wrong password and unknown e-mail address get the same answer, byte for byte but for the request's name")
    func sameAnswer() async throws {
        try await withServer { server in
            _ = try await server.answer(.post("/auth/register", key: nil, registration()))
            var answers: [HTTPAnswer] = []
            for email in ["ann@acme.example", "nobody@acme.example"] {
                let body = credentials(email, "not the password")
                answers.append(try await server.answer(.post("/auth/login", key: nil, body, [("X-Request-ID", "r1")])))
            }
            #expect(answers[0].status == 401 && answers[0].code == "credentials_invalid")
            #expect(answers[0].body == answers[1].body && answers[0].status == answers[1].status)
            #expect(answers[0]["www-authenticate"]?.hasPrefix("Bearer") == true)
            #expect(answers[0]["set-cookie"] == nil)
        }
    }

    @Test("a session is listed, ended alone, and over at once; it ends by itself after seven days")
    func sessions() async throws {
        try await withServer { server in
            _ = try await server.answer(.post("/auth/register", key: nil, registration()))
            let body = credentials("ann@acme.example", TestServer.password)
            var tokens: [String] = []
            for agent in ["Phone", "Laptop"] {
                let answer = try await server.answer(.post("/auth/login", key: nil, body, [("User-Agent", agent)]))
                tokens.append(try #require(try answer.json["session"]?["token"]?.string))
            }
            let list = try await server.answer(.bearer("GET", "/auth/sessions", tokens[1])).json["sessions"]?.array
            #expect(list?.count == 3 && list?.compactMap { $0["userAgent"]?.string }.sorted() == ["Laptop", "Phone"])
            #expect(list?.filter { $0["current"]?.bool == true }.map { $0["userAgent"]?.string } == ["Laptop"])
            #expect(list?.allSatisfy { $0["address"]?.string == "127.0.0.1" } == true)
            let phone = try #require(list?.first { $0["userAgent"]?.string == "Phone" }?["id"]?.string)
            #expect(try await server.answer(.bearer("DELETE", "/auth/sessions/\(phone)", tokens[1])).status == 204)
            #expect(try await server.answer(.bearer("DELETE", "/auth/sessions/\(phone)", tokens[1])).status == 404)
            #expect(try await server.answer(.bearer("GET", "/auth/me", tokens[0])).code == "session_invalid")
            server.clock.advance(milliseconds: 604_799_000)
            #expect(try await server.answer(.bearer("GET", "/auth/me", tokens[1])).status == 200)
            server.clock.advance(milliseconds: 1_000)
            #expect(try await server.answer(.bearer("GET", "/auth/me", tokens[1])).code == "session_invalid")
        }
    }

    @Test("whoever logs out is out, and the browser is told to forget")
    func logout() async throws {
        try await withServer { server in
            let token = try server.session("ann@acme.example").token
            let answer = try await server.answer(.bearer("POST", "/auth/logout", token))
            #expect(answer.status == 204 && answer["set-cookie"]?.contains("Max-Age=0") == true)
            #expect(try await server.answer(.bearer("GET", "/auth/me", token)).code == "session_invalid")
        }
    }

    @Test("a change of the password asks for the old one, ends the other sessions and leaves this one")
    func password() async throws {
        try await withServer { server in
            let first = try server.session("ann@acme.example").token
            let body = credentials("ann@acme.example", TestServer.password)
            let second = try await server.answer(.post("/auth/login", key: nil, body)).json["session"]?["token"]?.string
            let token = try #require(second)
            func change(_ current: String, _ new: String) async throws -> HTTPAnswer {
                try await server.answer(
                    .bearer(
                        "POST", "/auth/password", token, #"{"currentPassword":"\#(current)","newPassword":"\#(new)"}"#))
            }
            #expect(try await change("wrong wrong wrong", "a quite new password").code == "credentials_invalid")
            #expect(try await change(TestServer.password, "short").complaints == ["newPassword"])
            #expect(try await server.answer(.bearer("GET", "/auth/me", first)).status == 200)
            let changed = try await change(TestServer.password, "a quite new sheep")
            #expect(try changed.status == 200 && changed.json["endedSessions"]?.integer == 1)
            #expect(try await server.answer(.bearer("GET", "/auth/me", token)).status == 200)
            #expect(try await server.answer(.bearer("GET", "/auth/me", first)).code == "session_invalid")
            #expect(try await server.answer(.post("/auth/login", key: nil, body)).code == "credentials_invalid")
            let new = credentials("ann@acme.example", "a quite new sheep")
            #expect(try await server.answer(.post("/auth/login", key: nil, new)).status == 200)
        }
    }

    @Test(
        "what breaks the rules is refused by field, before anything is hashed or stored",
        arguments: [
            ("{}", ["email", "password", "tenant"]), (registration("ann"), ["email"]),
            (registration(password: "sheep"), ["password"]), (registration(password: "Password2024!"), ["password"]),
            (registration(password: "1234567890123456"), ["password"]),
            (registration("annabel@x.example", password: "annabel is my name"), ["password"]),
            (registration("ann@x.example", "Not A Tenant"), ["tenant.id"]),
            (#"{"email":"a@b.example","password":"four sheep on a hill","tenant":{"id":"acme","x":1}}"#, ["tenant.x"]),
        ])
    func badBodies(body: String, fields: [String]) async throws {
        try await withServer { server in
            let answer = try await server.answer(.post("/auth/register", key: nil, body))
            #expect(answer.status == 400 && answer.complaints == fields)
            #expect(try server.parts.storage.isEmpty())
        }
    }
}
