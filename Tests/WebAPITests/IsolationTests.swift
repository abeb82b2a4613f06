import Domain
import Testing
import Tokens

@Suite("No route lets one tenant see or do anything of another's")
struct IsolationTests {
    @Test("tokens, verdicts, stored users and limits of one tenant under the other's key")
    func everyRoute() async throws {
        try await withServer { server in
            let (one, other) = (try server.addTenant("one"), try server.addTenant("other", .es256))
            let (oneKey, otherKey) = (try server.key(one), try server.key(other))
            let mine = try await VerifyTests.pair(server, oneKey, user: "shared")
            let theirs = try await VerifyTests.pair(server, otherKey, user: "shared")
            for (key, own, foreign) in [(oneKey, mine, theirs), (otherKey, theirs, mine)] {
                for (token, code) in [(own.ws, nil), (foreign.ws, "token_issuer_unknown")] {
                    let ask = Ask.post("/verify", key: key, VerifyTests.question(token, "ws", #","include":["user"]"#))
                    let verdict = try await server.answer(ask).json
                    #expect(verdict["code"]?.string == code && (verdict["user"] == nil) == (code != nil))
                    let batch = #"{"tokens":[\#(VerifyTests.question(token, "ws"))],"include":["user"]}"#
                    let results = try await server.answer(.post("/verify/batch", key: key, batch)).json["results"]?
                        .array
                    #expect(
                        results?.first?["code"]?.string == code && (results?.first?["user"] == nil) == (code != nil))
                    let forward = Ask("GET", "/verify?expect=ws", key: key, [("Authorization", "Bearer \(token)")])
                    #expect(try await server.answer(forward).status == (code == nil ? 204 : 401))
                }
            }
        }
    }

    @Test("a user of one tenant is another person than the same name under the other")
    func users() async throws {
        try await withServer { server in
            let (one, other) = (try server.addTenant("one"), try server.addTenant("other"))
            _ = try await server.answer(
                .post("/tokens", key: try server.key(one), #"{"userId":"u","name":"One","custom":{"a":1}}"#))
            let answer = try await server.answer(.post("/tokens", key: try server.key(other), #"{"userId":"u"}"#))
            #expect(answer.text.contains(#""user":{"id":"u","name":null,"image":null,"custom":null}"#))
            let user = try #require(User.ID("u"))
            #expect(try server.parts.storage.user(one, user)?.name == "One")
            #expect(try server.parts.storage.user(other, user)?.name == nil)
        }
    }

    @Test("pairs count against the quota of the tenant whose key asked")
    func quotas() async throws {
        try await withServer { server in
            let (one, other) = (try server.addTenant("one") { $0.quota = .set(1) }, try server.addTenant("other"))
            let (oneKey, otherKey) = (try server.key(one), try server.key(other))
            for _ in 0..<3 { _ = try await VerifyTests.pair(server, otherKey) }
            _ = try await VerifyTests.pair(server, oneKey)
            let month = Month(of: server.clock.now)
            #expect(try server.parts.storage.issuedPairs(one, in: month) == 1)
            #expect(try server.parts.storage.issuedPairs(other, in: month) == 3)
        }
    }
}
