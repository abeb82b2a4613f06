import Domain
import Testing
import Tokens

/// A tenant's keys, and a way to ask.
struct Shop {
    let server: TestServer
    let tenant: Tenant.ID
    let key: String

    init(_ server: TestServer, _ name: String = "acme", _ algorithm: SignatureAlgorithm = .hs256) throws {
        self.server = server
        tenant = try server.addTenant(name, algorithm)
        key = try server.key(tenant, [.issue, .verify, .revoke])
    }

    func pair(_ user: String = "u", _ members: String = "") async throws -> JSON {
        let answer = try await server.answer(.post("/tokens", key: key, #"{"userId":"\#(user)"\#(members)}"#))
        #expect(answer.status == 200)
        return try answer.json
    }

    func revoke(_ body: String) async throws -> JSON {
        let answer = try await server.answer(.post("/tokens/revoke", key: key, body))
        #expect(answer.status == 200, "\(body): \(answer.code ?? "")")
        return try answer.json
    }

    /// `valid`, or the code of the refusal.
    func verdict(_ pair: JSON, _ kind: String = "ws") async throws -> String {
        let token = try #require(pair[kind == "ws" ? "wsToken" : "token"]?.string)
        let answer = try await server.answer(
            .post("/verify", key: key, #"{"token":"\#(token)","expect":"\#(kind)"}"#))
        return try answer.json["valid"]?.bool == true ? "valid" : answer.json["code"]?.string ?? ""
    }

    func feed(_ query: String = "", key: String? = nil) async throws -> HTTPAnswer {
        try await server.answer(Ask("GET", "/revocations\(query)", key: key ?? self.key))
    }
}

@Suite("POST /tokens/revoke")
struct RevokeTests {
    @Test("each subject voids what it names and nothing else, at every door, and new tokens are good")
    func subjects() async throws {
        try await withServer { server in
            let shop = try Shop(server)
            let payload = try #require(try await shop.pair()["token"]?.string).split(separator: ".")[1]
            let bytes = try #require(Base64URL.decode(String(payload)))
            let keyID = try #require(try JSON.parse(bytes.span, maximumDepth: 9)["akid"]?.string)
            let kid = try #require(try server.signingKeys.list(shop.tenant).first).kid
            for (subject, hasSibling) in [
                (#""userId":"mallory""#, true), (#""label":"device-7""#, true), (#""apiKeyId":"\#(keyID)""#, false),
                (#""kid":"\#(kid)""#, false), (#""all":true"#, false),
            ] {
                let other = try await shop.pair("alice", #","label":"device-8""#)
                let pair = try await shop.pair("mallory", #","label":"device-7""#)
                #expect(try await shop.verdict(pair) == "valid")
                let receipt = try await shop.revoke("{\(subject)}")
                #expect(try await shop.verdict(pair) == "token_revoked", "\(subject)")
                #expect(try await shop.verdict(pair, "rest") == "token_revoked", "\(subject)")
                #expect(try await shop.verdict(other) == (hasSibling ? "valid" : "token_revoked"), "\(subject)")
                #expect(receipt["appliesAt"]?.string?.hasSuffix("Z") == true && receipt["sequence"]?.integer != nil)
                // The clock of this server stands still: the next grant is born at the cut-off.
                let next = try await shop.pair("mallory", #","label":"device-7""#)
                #expect(try await shop.verdict(next) == "valid", "\(subject)")
                server.clock.advance(milliseconds: 2)
            }
        }
    }

    @Test("a token or a grant voids one pair, again with the same receipt, and other users of the tenant go on")
    func grants() async throws {
        try await withServer { server in
            let shop = try Shop(server)
            let (one, two, three) = (try await shop.pair(), try await shop.pair(), try await shop.pair())
            let token = try #require(one["wsToken"]?.string), grant = try #require(two["grantId"]?.string)
            let receipt = try await shop.revoke(#"{"token":"\#(token)","reason":"lost"}"#)
            #expect(
                try await shop.revoke(#"{"token":"\#(token)"}"#)["revocationId"]?.string
                    == receipt["revocationId"]?.string)
            _ = try await shop.revoke(#"{"grantId":"\#(grant)"}"#)
            #expect(try await shop.verdict(one, "rest") == "token_revoked")
            #expect(try await shop.verdict(two) == "token_revoked")
            #expect(try await shop.verdict(three) == "valid")
            let batch = try await server.answer(
                .post("/verify/batch", key: shop.key, #"{"tokens":[{"token":"\#(token)","expect":"ws"}]}"#))
            #expect(try batch.json["results"]?.array?.first?["code"]?.string == "token_revoked")
            let forward = try await server.answer(
                Ask("GET", "/verify?expect=ws", key: shop.key, [("Authorization", "Bearer \(token)")]))
            #expect(forward.status == 401 && forward.code == "token_revoked")
        }
    }

    @Test("another tenant's tokens are not touched, nor can they be named")
    func isolation() async throws {
        try await withServer { server in
            let (acme, umbrella) = (try Shop(server), try Shop(server, "umbrella"))
            let pair = try await umbrella.pair()
            _ = try await acme.revoke(#"{"userId":"u"}"#)
            let receipt = try await acme.revoke(#"{"all":true}"#)
            _ = try await acme.revoke(#"{"grantId":"\#(pair["grantId"]?.string ?? "")"}"#)
            #expect(try await umbrella.verdict(pair) == "valid")
            let token = pair["token"]?.string ?? ""
            let named = try await server.answer(.post("/tokens/revoke", key: acme.key, #"{"token":"\#(token)"}"#))
            #expect(named.status == 400 && named.complaints == ["token"])
            let id = try #require(receipt["revocationId"]?.string)
            #expect(try await server.answer(Ask("GET", "/revocations/\(id)", key: acme.key)).status == 200)
            #expect(try await server.answer(Ask("GET", "/revocations/\(id)", key: umbrella.key)).status == 404)
            #expect(try await umbrella.feed().json["documents"]?.array?.count == 1, "without entries")
        }
    }

    @Test("404: who names a tenant that is not there spoils nobody else's revocation of the same moment")
    func strangersInABatch() async throws {
        try await withServer { server in
            let shop = try Shop(server)
            let root = try server.keys.create(for: .operator, name: "root").text
            let statuses = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
                for number in 0..<48 {
                    group.addTask {
                        let isLost = number % 4 == 0
                        let ask = Ask.post(
                            "/tokens/revoke", key: isLost ? root : shop.key, #"{"userId":"u\#(number)"}"#,
                            isLost ? [("X-Chat-Tenant", "never-was")] : [])
                        return (isLost ? 404 : 200, try await server.answer(ask).status)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count == 48 && statuses.allSatisfy { $0.0 == $0.1 }, "\(statuses)")
        }
    }

    @Test(
        "a body that does not say exactly what to revoke is refused by field",
        arguments: [
            ("{}", ["token"]), (#"{"userId":"a","all":true}"#, ["all"]), (#"{"all":false}"#, ["all"]),
            (#"{"userId":""}"#, ["userId"]), (#"{"userId":null}"#, ["userId"]), (#"{"grantId":"x"}"#, ["grantId"]),
            (#"{"apiKeyId":"x"}"#, ["apiKeyId"]), (#"{"label":"\u0001"}"#, ["label"]),
            (#"{"token":"a.b.c"}"#, ["token"]),
            (#"{"userId":"a","issuedBefore":"2999-01-01T00:00:00Z"}"#, ["issuedBefore"]),
            (#"{"userId":"a","issuedBefore":1}"#, ["issuedBefore"]), (#"{"userId":"a","x":1}"#, ["x"]),
            (
                #"{"grantId":"01980000-0000-7000-8000-000000000000","issuedBefore":"2020-01-01T00:00:00Z"}"#,
                ["issuedBefore"]
            ),
            (#"{"userId":"a","reason":"\u0007"}"#, ["reason"]),
            (#"{"all":true,"issuedBefore":"2020-01-02"}"#, ["issuedBefore"]),
            // As JSON Schema counts, and not by what looks like one character.
            (#"{"userId":"a","reason":""# + String(repeating: "e\u{301}", count: 128) + #""}"#, ["reason"]),
        ])
    func badBodies(body: String, fields: [String]) async throws {
        try await withServer { server in
            let shop = try Shop(server)
            let answer = try await server.answer(.post("/tokens/revoke", key: shop.key, body))
            #expect(answer.status == 400 && answer.code == "invalid_request" && answer.complaints == fields)
            #expect(try server.parts.storage.newestRevocation() == 0)
        }
    }
}
