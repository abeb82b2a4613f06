import Domain
import Testing
import Tokens
import WebAPI

@Suite("POST /tokens/refresh")
struct RefreshTests {
    static let path = "/tokens/refresh"

    /// The refresh token of a new grant.
    static func token(_ server: TestServer, _ key: String, _ more: String = "") async throws -> String {
        let answer = try await server.answer(.post("/tokens", key: key, #"{"userId":"alice","refresh":true\#(more)}"#))
        return try #require(try answer.json["refreshToken"]?.string)
    }

    static func ask(_ token: String) -> Ask { .post(path, key: nil, #"{"refreshToken":"\#(token)"}"#) }

    /// `valid`, or the code of the refusal.
    static func verdict(_ server: TestServer, _ key: String, _ ws: String) async throws -> String {
        let json = try await server.answer(.post("/verify", key: key, VerifyTests.question(ws, "ws"))).json
        return json["valid"]?.bool == true ? "valid" : json["code"]?.string ?? ""
    }

    static func next(_ server: TestServer, _ token: String) async throws -> String {
        try #require(try await server.answer(Self.ask(token)).json["refreshToken"]?.string)
    }

    @Test("200: a pair of the same grant with a life of its own, and the next refresh token; no API key is asked for")
    func renews() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let issued = try await server.answer(
                .post(
                    "/tokens", key: key,
                    #"{"userId":"alice","name":"Alice","refresh":true,"expiresIn":3600,"channels":["news"]}"#)
            ).json
            #expect(
                try #require(issued.members).map(\.name)
                    == [
                        "token", "wsToken", "refreshToken", "user", "expiresIn", "expiresAt", "refreshAfter", "grantId",
                    ])
            let first = try #require(issued["refreshToken"]?.string)
            server.clock.advance(milliseconds: 3_000_000)
            try server.follow()
            let answer = try await server.answer(Self.ask(first))
            #expect(answer.status == 200 && answer["cache-control"] == "no-store" && answer["ratelimit"] != nil)
            let json = try answer.json
            #expect(json.members?.map(\.name) == issued.members?.map(\.name))
            #expect(json["grantId"]?.string == issued["grantId"]?.string && json["expiresIn"]?.integer == 3_600)
            #expect(json["user"]?["name"]?.string == "Alice" && json["refreshToken"]?.string != first)
            let ws = try #require(json["wsToken"]?.string)
            let verdict = try await server.answer(.post("/verify", key: key, VerifyTests.question(ws, "ws"))).json
            #expect(verdict["valid"]?.bool == true && verdict["expiresIn"]?.integer == 3_600)
            #expect(verdict["claims"]?["channels"]?.compactBytes() == Array(#"["news"]"#.utf8))
            #expect(verdict["claims"]?["akid"]?.string == String(key.dropFirst(8).prefix(12)))
        }
    }

    @Test("200: without refresh there is no refresh token")
    func unasked() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let answer = try await server.answer(.post("/tokens", key: key, #"{"userId":"alice"}"#))
            #expect(try answer.status == 200 && answer.json["refreshToken"] == nil)
        }
    }

    @Test("a lost answer costs nothing; an old token ends the grant for everybody, once in the audit log")
    func reuse() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let key = try server.key(tenant)
            let first = try await Self.token(server, key)
            let second = try await Self.next(server, first)
            #expect(try await Self.next(server, first) == second)
            let renewed = try await server.answer(Self.ask(second)).json
            let third = try #require(renewed["refreshToken"]?.string)
            let ws = try #require(renewed["wsToken"]?.string)
            #expect(try await Self.verdict(server, key, ws) == "valid")
            let theft = try await server.answer(Self.ask(first))
            #expect(theft.status == 401 && theft.code == "refresh_token_reused")
            #expect(theft["www-authenticate"]?.hasPrefix("Bearer ") == true)
            #expect(try await Self.verdict(server, key, ws) == "token_revoked")
            for token in [first, second, third] {
                let answer = try await server.answer(Self.ask(token))
                #expect(answer.status == 401 && answer.code == "refresh_token_invalid")
            }
            let entries = try server.parts.storage.auditEntries(of: tenant, AuditQuery(limit: 100))
            let found = entries.filter { $0.action == AuditAction.refreshReused.rawValue }
            #expect(found.count == 1 && found.first?.target?.hasPrefix("grant ") == true)
        }
    }

    @Test("401: after 7 days without use, and after 30 days in any case")
    func ends() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let day: Int64 = 86_400_000
            let idle = try await Self.token(server, key)
            var used = idle
            for _ in 0..<4 {
                server.clock.advance(milliseconds: 7 * day - 1)
                try server.follow()
                used = try await Self.next(server, used)
            }
            server.clock.advance(milliseconds: 2 * day + 4)
            try server.follow()
            #expect(try await server.answer(Self.ask(used)).code == "refresh_token_invalid")
            let fresh = try await Self.token(server, key)
            server.clock.advance(milliseconds: 7 * day)
            try server.follow()
            #expect(try await server.answer(Self.ask(fresh)).code == "refresh_token_invalid")
        }
    }

    @Test("401: what was not made here costs no look-up and says nothing")
    func forged() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            try server.addTenant("other")
            let token = try await Self.token(server, try server.key(tenant))
            let body = try #require(token.split(separator: ".").last)
            let forgeries = [
                "", "x", "chatrt_", "chatrt_acme.", String(token.dropLast()), token + "A", "chatrt_other.\(body)",
                token.replacing("chatrt_", with: "chatrx_"), String(token.dropLast(2)) + "AA", " \(token)",
                "chatrt_nobody.\(body)",
            ]
            for text in forgeries {
                let answer = try await server.answer(Self.ask(text))
                #expect(answer.status == 401 && answer.code == "refresh_token_invalid", "\(text)")
                #expect(answer["ratelimit"] == nil)
            }
            #expect(try await server.answer(Self.ask(token)).status == 200)
        }
    }

    @Test("403, 422, 429: the tenant's standing, the user's, and the limits are those of POST /tokens")
    func standing() async throws {
        try await withServer { server in
            let tenant = try server.addTenant { $0.quota = .set(2) }
            let token = try await Self.token(server, try server.key(tenant))
            let second = try await Self.next(server, token)
            let quota = try await server.answer(Self.ask(second))
            #expect(quota.status == 429 && quota.code == "quota_exceeded" && quota["retry-after"] != nil)
            _ = try server.tenants.suspend(tenant)
            try server.follow()
            #expect(try await server.answer(Self.ask(second)).code == "tenant_suspended")
            let slow = try server.addTenant("slow") { ($0.rate, $0.burst) = (.set(1), .set(2)) }
            let spent = try await Self.token(server, try server.key(slow))
            #expect(try await server.answer(Self.ask(spent)).status == 200)
            let limited = try await server.answer(Self.ask(spent))
            #expect(limited.status == 429 && limited.code == "rate_limited" && limited["ratelimit"] != nil)
        }
    }

    @Test(
        "429 by user: each grant is refreshed as often as a user may have pairs, and the tenant's limit is left alone")
    func grantLimit() async throws {
        try await withServer { server in
            let tenant = try server.addTenant {
                $0.userRate = UserRate(pairs: 2, window: 900).map { .set($0) } ?? .keep
            }
            let key = try server.key(tenant)
            let (token, other) = (try await Self.token(server, key), try await Self.token(server, key))
            for _ in 0..<2 { #expect(try await server.answer(Self.ask(token)).status == 200) }
            for _ in 0..<3 {
                let refused = try await server.answer(Self.ask(token))
                #expect(refused.status == 429 && refused.code == "rate_limited" && refused["retry-after"] == "450")
                #expect(refused["ratelimit-policy"] == #""user";q=2;w=900"#)
                #expect(try refused.json["policy"]?.string == "user")
            }
            let good = try await server.answer(Self.ask(other))
            #expect(good.status == 200 && good["ratelimit"]?.contains(#""user";r=1;t=450"#) == true)
            server.clock.advance(milliseconds: 450_000)
            try server.follow()
            #expect(try await server.answer(Self.ask(token)).status == 200)
        }
    }

    @Test("a shorter maximum of the tenant's applies to refreshed pairs at once")
    func shorter() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let token = try await Self.token(server, try server.key(tenant))
            var change = TenantChange()
            change.tokenLife = 600
            _ = try server.tenants.update(tenant, with: change)
            try server.follow()
            #expect(try await server.answer(Self.ask(token)).json["expiresIn"]?.integer == 600)
        }
    }

    @Test("400, 405, 413, 415: as everywhere")
    func refusals() async throws {
        try await withServer { server in
            for (body, complaints) in [
                ("{}", ["refreshToken"]), (#"{"refreshToken":1}"#, ["refreshToken"]),
                (#"{"refreshToken":"x","y":1}"#, ["y"]),
            ] {
                let answer = try await server.answer(.post(Self.path, key: nil, body))
                #expect(answer.status == 400 && answer.complaints == complaints)
            }
            #expect(try await server.answer(Ask("GET", Self.path)).status == 405)
            let large = #"{"refreshToken":"\#(String(repeating: "x", count: 5_000))"}"#
            #expect(try await server.answer(.post(Self.path, key: nil, large)).status == 413)
            var ask = Ask("POST", Self.path)
            ask.body = Array("{}".utf8)
            #expect(try await server.answer(ask).status == 415)
        }
    }
}
