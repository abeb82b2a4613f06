import Domain
import Testing
import Tokens
import WebAPI

@Suite("POST /tokens/refresh after a revocation")
struct RefreshRevocationTests {
    @Test("401: after a revocation that covers the grant; its label stays on what was refreshed before")
    func revoked() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let key = try server.key(tenant, [.issue, .verify, .revoke])
            let kid = try #require(try server.signingKeys.list(tenant).first).kid
            for subject in [
                #""userId":"alice""#, #""label":"device-7""#, #""apiKeyId":"\#(key.dropFirst(8).prefix(12))""#,
                #""kid":"\#(kid)""#, #""all":true"#,
            ] {
                let first = try await RefreshTests.token(server, key, #","label":"device-7""#)
                let renewed = try await server.answer(RefreshTests.ask(first)).json
                let ws = try #require(renewed["wsToken"]?.string)
                let second = try #require(renewed["refreshToken"]?.string)
                #expect(try await RefreshTests.verdict(server, key, ws) == "valid", "\(subject)")
                #expect(try await server.answer(.post("/tokens/revoke", key: key, "{\(subject)}")).status == 200)
                #expect(try await RefreshTests.verdict(server, key, ws) == "token_revoked", "\(subject)")
                #expect(try await server.answer(RefreshTests.ask(second)).code == "refresh_token_invalid", "\(subject)")
                let fresh = try await RefreshTests.token(server, key, #","label":"device-7""#)
                #expect(try await server.answer(RefreshTests.ask(fresh)).status == 200, "\(subject)")
                server.clock.advance(milliseconds: 10)
            }
        }
    }

    @Test("401: a refresh token can be revoked, by the JSON door and by OAuth's, and takes its grant with it")
    func revokedItself() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let key = try server.key(tenant, [.issue, .verify, .revoke])
            let other = try server.key(try server.addTenant("other"), [.revoke])
            for isOAuth in [false, true] {
                let first = try await RefreshTests.token(server, key)
                let renewed = try await server.answer(RefreshTests.ask(first)).json
                let second = try #require(renewed["refreshToken"]?.string)
                let ws = try #require(renewed["wsToken"]?.string)
                func revoke(_ token: String, _ key: String) async throws -> Int {
                    guard isOAuth else {
                        return try await server.answer(.post("/tokens/revoke", key: key, #"{"token":"\#(token)"}"#))
                            .status
                    }
                    var ask = Ask(
                        "POST", "/oauth2/revoke", key: key, [("Content-Type", "application/x-www-form-urlencoded")])
                    ask.body = Array("token=\(token)".utf8)
                    return try await server.answer(ask).status
                }
                #expect(try await revoke(second, other) == (isOAuth ? 200 : 400), "another tenant's is none")
                #expect(try await RefreshTests.verdict(server, key, ws) == "valid")
                // An earlier one says as well which grant is meant.
                #expect(try await revoke(first, key) == 200)
                #expect(try await RefreshTests.verdict(server, key, ws) == "token_revoked")
                #expect(try await server.answer(RefreshTests.ask(second)).code == "refresh_token_invalid")
            }
        }
    }

    @Test("401: with the API key that asked for the grant it ends; a rotated one keeps it")
    func keys() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let key = try server.key(tenant)
            let token = try await RefreshTests.token(server, key)
            let id = try #require(APIKey.ID(String(key.dropFirst(8).prefix(12))))
            _ = try server.keys.rotate(id, graceSeconds: 0)
            try server.follow()
            let second = try await RefreshTests.next(server, token)
            _ = try server.keys.revoke(id)
            try server.follow()
            #expect(try await server.answer(RefreshTests.ask(second)).code == "refresh_token_invalid")
        }
    }
}
