import Domain
import Testing
import Tokens
import WebAPI

@Suite("POST /oauth2/revoke")
struct OAuthRevokeTests {
    private static func form(_ key: String?, _ body: String, _ fields: [(String, String)] = []) -> Ask {
        var ask = Ask(
            "POST", "/oauth2/revoke", key: key, [("Content-Type", "application/x-www-form-urlencoded")] + fields)
        ask.body = Array(body.utf8)
        return ask
    }

    private static func code(_ server: TestServer, _ key: String, _ token: String, _ kind: String) async throws
        -> String?
    {
        try await server.answer(.post("/verify", key: key, VerifyTests.question(token, kind))).code
    }

    @Test("200: both tokens of the grant are void afterwards, at introspection too, and the user's others go on")
    func revokes() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let key = try server.key(tenant, [.issue, .verify, .revoke])
            let (pair, other) = (try await VerifyTests.pair(server, key), try await VerifyTests.pair(server, key))
            for _ in 0..<2 {
                let answer = try await server.answer(
                    Self.form(key, "token_type_hint=access_token&token=\(pair.ws)&x=y"))
                #expect(answer.status == 200 && answer.body.isEmpty && answer["cache-control"] == "no-store")
            }
            #expect(try await Self.code(server, key, pair.ws, "ws") == "token_revoked")
            #expect(try await Self.code(server, key, pair.rest, "rest") == "token_revoked")
            #expect(
                try await server.answer(IntrospectTests.form(key, "token=\(pair.rest)")).text == #"{"active":false}"#)
            #expect(try await Self.code(server, key, other.ws, "ws") == nil)
        }
    }

    @Test("200: what is no token, or another tenant's, is passed over in silence")
    func unknown() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant(), [.issue, .verify, .revoke])
            let others = try server.key(try server.addTenant("other"), [.issue, .verify])
            let theirs = try await VerifyTests.pair(server, others)
            for token in ["x", "e30.e30.e30", theirs.ws, "%00%FF"] {
                let answer = try await server.answer(Self.form(key, "token=\(token)"))
                #expect(answer.status == 200 && answer.body.isEmpty, "\(token)")
            }
            #expect(try await Self.code(server, others, theirs.ws, "ws") == nil)
            #expect(try server.parts.storage.newestRevocation() == 0)
        }
    }

    @Test("400, 401, 403, 415: with the error that OAuth 2.0 clients look for")
    func refused() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let key = try server.key(tenant, [.revoke])
            let blind = try server.key(tenant, [.verify])
            for (ask, status, error) in [
                (Self.form(key, "x=y"), 400, "invalid_request"), (Self.form(key, "token="), 400, "invalid_request"),
                (Self.form(key, "token=a&token=b"), 400, "invalid_request"),
                (.post("/oauth2/revoke", key: key, "{}"), 415, "invalid_request"),
                (Self.form(nil, "token=a"), 401, "invalid_client"), (Self.form("x", "token=a"), 401, "invalid_client"),
                (Self.form(blind, "token=a"), 403, "unauthorized_client"),
                (Self.form(try server.nodeKey(), "token=a"), 403, "unauthorized_client"),
            ] {
                let answer = try await server.answer(ask)
                #expect(try answer.status == status && answer.json["error"]?.string == error)
                #expect((answer["www-authenticate"] != nil) == (status == 401))
            }
            let id = String(key.dropFirst("chatsdk_".count).prefix(12))
            let basic = try await server.answer(Self.form(nil, "token=a", IntrospectTests.basic(id, key)))
            #expect(basic.status == 200)
        }
    }
}
