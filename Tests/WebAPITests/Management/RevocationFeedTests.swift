import Domain
import Testing
import Tokens

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
