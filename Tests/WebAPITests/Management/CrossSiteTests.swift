import Domain
import Testing
import Tokens

@Suite("A page of another site can make a browser send the cookie, and changes nothing by it")
struct CrossSiteTests {
    /// A change in a session, with the session's cookie and these fields.
    private static func logout(_ opened: ManageAccounts.Opened, _ fields: [(String, String)]) -> Ask {
        Ask("POST", "/auth/logout", [("Cookie", "__Host-chat_session=\(opened.token)")] + fields)
    }

    @Test("without the token of this very session, from elsewhere, or with what looks like it: refused")
    func refused() async throws {
        try await withServer { server in
            let opened = try server.session("ann@acme.example")
            let other = try server.session("bob@acme.example").holder.session.id
            let tokens = try server.accounts.tokens
            let right = ("X-CSRF-Token", tokens.csrfToken(of: opened.holder.session.id))
            for fields in [
                [], [("X-CSRF-Token", "")], [("X-CSRF-Token", tokens.csrfToken(of: other))],
                [right, ("Origin", "https://evil.example")], [right, ("Origin", "null")],
                [right, ("Origin", "http://chat.example")], [right, ("Origin", "https://chat.example:8443")],
                [right, ("Sec-Fetch-Site", "cross-site")], [right, ("Sec-Fetch-Site", "same-site")],
                [("Origin", "https://chat.example"), ("Sec-Fetch-Site", "same-origin")],
            ] {
                let answer = try await server.answer(Self.logout(opened, fields))
                #expect(answer.status == 403 && answer.code == "csrf_failed", "\(fields)")
            }
            #expect(try await server.answer(.bearer("GET", "/auth/me", opened.token)).status == 200, "still logged in")
            for fields in [[right], [right, ("Origin", "https://chat.example"), ("Sec-Fetch-Site", "same-origin")]] {
                let again = try server.accounts.open(
                    try #require(try server.accounts.credentials(of: opened.holder.account.email)),
                    from: .init(address: nil, userAgent: nil), requestID: nil)
                let token = tokens.csrfToken(of: again.holder.session.id)
                let answer = try await server.answer(
                    Self.logout(again, fields.map { $0.0 == right.0 ? (right.0, token) : $0 }))
                #expect(answer.status == 204, "\(fields): \(answer.code ?? "")")
            }
        }
    }

    @Test("reading needs no token, and neither does who sends the session by hand")
    func notNeeded() async throws {
        try await withServer { server in
            let opened = try server.session("ann@acme.example")
            let me = try await server.answer(
                Ask("GET", "/auth/me", [("Cookie", "__Host-chat_session=\(opened.token)")]))
            #expect(me.status == 200)
            let told = try me.json["session"]?["csrfToken"]?.string
            #expect(try told == server.accounts.tokens.csrfToken(of: opened.holder.session.id))
            #expect(try await server.answer(.bearer("POST", "/auth/logout", opened.token)).status == 204)
        }
    }

    @Test("logging a browser in from another site is refused too")
    func loginForgery() async throws {
        try await withServer { server in
            _ = try server.session("ann@acme.example")
            let body = #"{"email":"ann@acme.example","password":"\#(TestServer.password)"}"#
            for field in [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")] {
                let answer = try await server.answer(.post("/auth/login", key: nil, body, [field]))
                #expect(answer.code == "csrf_failed" && answer["set-cookie"] == nil)
            }
        }
    }

    @Test("with a key the cookie does not count, whoever's it is")
    func keyFirst() async throws {
        try await withServer { server in
            let acme = try server.addTenant()
            let opened = try server.session("ann@umbrella.example", [(try server.addTenant("umbrella"), .owner)])
            let answer = try await server.answer(
                Ask(
                    "GET", "/admin/tenant", key: try server.key(acme, .admin),
                    [("Cookie", "__Host-chat_session=\(opened.token)")]))
            #expect(try answer.json["id"]?.string == "acme")
        }
    }
}
