import Domain
import Testing
import Tokens

/// A tenant's keys, and a way to ask.
private struct Shop {
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

@Suite("GET /revocations")
struct RevocationFeedTests {
    @Test(
        "documents are signed by the tenant's key and say what is in force, after a place what came later",
        arguments: [SignatureAlgorithm.hs256, .es256])
    func documents(algorithm: SignatureAlgorithm) async throws {
        try await withServer { server in
            let shop = try Shop(server, "acme", algorithm)
            let first = try await shop.revoke(#"{"userId":"é"}"#)
            let answer = try await shop.feed()
            #expect(answer.status == 200 && answer["vary"]?.contains("X-API-Key") == true)
            let page = try answer.json
            #expect(page["more"]?.bool == false && page["sequence"]?.integer == first["sequence"]?.integer)
            let document = Array(try #require(page["documents"]?.array?.first?.string).utf8)
            var payload: [UInt8] = []
            let segments = TokenSegments(document.span)
            let parts = try #require(segments)
            let key = try server.signingKeys.open(
                #require(try server.signingKeys.list(shop.tenant).first).kid, of: shop.tenant)
            let isSigned = key.verify(document.span, parts)
            #expect(isSigned)
            #expect(Array(document[parts.header]) == key.headerSegment(typ: "revocations+jwt"))
            let isDecoded = Base64URL.decode(document.span.extracting(parts.payload), into: &payload)
            #expect(isDecoded)
            let claims = try JSON.parse(payload.span, maximumDepth: 9)
            #expect(
                claims["iss"]?.string == "https://chat.example/t/acme" && claims["aud"]?.string == "chat-revocations")
            let entry = try #require(claims["entries"]?.array?.first)
            #expect(entry["kind"]?.string == "user" && entry["subject"]?.string == "é")
            #expect(entry["before"]?.integer == server.clock.now.milliseconds + 1)
            let place = try #require(page["sequence"]?.integer)
            let after = try await shop.feed("?after=\(place)").json
            #expect(after["sequence"]?.integer == place && after["documents"]?.array?.count == 1)
            let token = String(decoding: document, as: UTF8.self)
            let asToken = try await server.answer(
                .post("/verify", key: shop.key, #"{"token":"\#(token)","expect":"ws"}"#))
            #expect(try asToken.json["code"]?.string == "token_malformed", "a document is no token")
        }
    }

    @Test("who waits is answered as soon as there is news, and with nothing when the time is over")
    func longPoll() async throws {
        try await withServer { server in
            let shop = try Shop(server)
            async let waiting = shop.feed("?after=0&wait=20")
            try await Task.sleep(for: .milliseconds(200))
            _ = try await shop.revoke(#"{"all":true}"#)
            let place = try #require(try await waiting.json["sequence"]?.integer)
            #expect(place > 0)
            let silent = try await shop.feed("?after=\(place)&wait=1")
            #expect(try silent.json["sequence"]?.integer == place && silent["cache-control"] == "no-store")
        }
    }

    @Test("a node key hears of every tenant, each in a document of its own, or of the one it names")
    func nodeKeys() async throws {
        try await withServer { server in
            let (acme, umbrella) = (try Shop(server), try Shop(server, "umbrella"))
            _ = try await acme.revoke(#"{"all":true}"#)
            _ = try await umbrella.revoke(#"{"all":true}"#)
            let node = try server.nodeKey()
            // What comes in quick succession is told together, some milliseconds later.
            for _ in 0..<500 where try await acme.feed("", key: node).json["documents"]?.array?.count != 2 {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(try await acme.feed("", key: node).json["documents"]?.array?.count == 2)
            let named = try await server.answer(Ask("GET", "/revocations", key: node, [("X-Chat-Tenant", "acme")]))
            #expect(try named.json["documents"]?.array?.count == 1)
        }
    }

    @Test("what a verifier has applied is seen in the receipt")
    func acknowledgement() async throws {
        try await withServer { server in
            let shop = try Shop(server)
            let receipt = try await shop.revoke(#"{"all":true}"#)
            let (id, place) = (receipt["revocationId"]?.string ?? "", receipt["sequence"]?.integer ?? 0)
            for (sequence, isApplied) in [(place - 1, false), (place, true), (0, true)] {
                let ack = try await server.answer(
                    .post("/revocations/ack", key: shop.key, #"{"verifier":"g","sequence":\#(sequence)}"#))
                #expect(ack.status == 204)
                let json = try await server.answer(Ask("GET", "/revocations/\(id)", key: shop.key)).json
                #expect(json["isApplied"]?.bool == isApplied)
                #expect(json["verifiers"]?.array?.first?["hasApplied"]?.bool == isApplied)
            }
            for bad in [#"{"verifier":"","sequence":1}"#, #"{"verifier":"g","sequence":-1}"#, #"{"verifier":"g"}"#] {
                #expect(try await server.answer(.post("/revocations/ack", key: shop.key, bad)).status == 400)
            }
        }
    }

    @Test("a bad place, wait or limit is refused", arguments: ["after=x", "after=-1", "wait=61", "limit=0", "x=1"])
    func badQueries(query: String) async throws {
        try await withServer { server in
            let shop = try Shop(server)
            #expect(try await shop.feed("?\(query)").status == 400)
        }
    }

    @Test("a stream tells what is in force and what happens, with places, and ends when the server stops")
    func stream() async throws {
        try await withServer { server in
            let shop = try Shop(server)
            let place = try await shop.revoke(#"{"userId":"a"}"#)["sequence"]?.integer ?? 0
            let key = shop.key
            try await server.talk { wire in
                try wire.send(Ask("GET", "/revocations/stream", key: key).bytes)
                let text = try wire.text(until: "id: \(place)\ndata: ")
                #expect(text.contains("text/event-stream") && text.contains("event: revocations"))
            }
        }
    }
}
