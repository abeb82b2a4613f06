import Domain
import Synchronization
import Testing
import TestSupport
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

    @Test("after a rotation every document is signed by a key that the key set has, also one that was read before")
    func rotation() async throws {
        try await withServer { server in
            let shop = try Shop(server, "acme", .es256)
            _ = try await shop.revoke(#"{"userId":"u"}"#)
            let before = try await shop.documents("?after=0")
            let former = try #require(before.first?.kid)
            let admin = try server.key(shop.tenant, .admin)
            let revoked = try await server.answer(
                .post("/admin/signing-keys/\(former)/revoke", key: admin, #"{"replace":true}"#))
            #expect(revoked.status == 200)
            let set = try await server.answer(Ask("GET", "/t/acme/.well-known/jwks.json")).json
            let published = set["keys"]?.array?.compactMap { $0["kid"]?.string } ?? []
            let after = try await shop.documents("?after=0")
            #expect(!after.isEmpty && after.allSatisfy { published.contains($0.kid) && $0.kid != former })
            #expect(after.first?.entries == ["user u"] && before.first?.entries == ["user u"])
        }
    }

    @Test("a place that the log has not reached is not confirmed, and who waits after it is told what comes")
    func inventedPlaces() async throws {
        try await withServer { server in
            let shop = try Shop(server)
            let place = try await shop.revoke(#"{"userId":"a"}"#)["sequence"]?.integer
            for after in [9_007_199_254_740_991, Int64.max] {
                let page = try await shop.feed("?after=\(after)").json
                #expect(page["sequence"]?.integer == place)
                #expect(try await shop.documents("?after=\(after)").map(\.sequence) == [place])
            }
            let key = shop.key
            async let waiting = shop.documents("?after=\(Int64.max)&wait=20")
            let isOpen = Shared(Atomic(false))
            async let listening = server.talk { wire in
                try wire.openStream(key, [("Last-Event-ID", "\(Int64.max)")], noting: isOpen)
                return try wire.text(until: "data: ")
            }
            let feed = server.parts.revocations.feed
            try await eventually { isOpen.value.load(ordering: .relaxed) && feed.listenerCount == 2 }
            try await Task.sleep(for: .milliseconds(300))
            let next = try await shop.revoke(#"{"userId":"b"}"#)["sequence"]?.integer ?? 0
            let told = try await waiting
            #expect(told.first?.sequence == next && told.first?.entries == ["user b"])
            #expect(try await listening.contains("id: \(next)\ndata: "))
        }
    }

    @Test("revocations of a tenant that cannot sign are not left out: the feed waits until it can")
    func withoutActiveKey() async throws {
        try await withServer { server in
            let sound = try Shop(server)
            let half = try #require(Tenant.ID("half"))
            let key = try SigningKey.generate(.hs256, randomBytes: World.system.randomBytes)
            let standby = try server.parts.vault.seal(key, state: .standby, for: half, at: server.clock.now)
            try server.parts.storage.create(
                Tenant(id: half, name: "Half", createdAt: server.clock.now), signingKey: standby,
                recording: AuditDraft(.tenantCreated, for: half, by: .commandLine, at: server.clock.now))
            _ = try await sound.revoke(#"{"all":true}"#)
            let node = try server.nodeKey()
            #expect(try await sound.feed("", key: node).status == 200)
            _ = try ManageRevocations(storage: server.parts.storage, world: server.clock.world).revoke(
                .tenant, of: half, by: .commandLine)
            try server.follow()
            let own = try server.key(half, .verify)
            func codes() async throws -> [String?] {
                var codes: [String?] = []
                for key in [node, own, sound.key] { codes.append(try await sound.feed("", key: key).code) }
                return codes
            }
            try await eventually { try await codes()[0] != nil }
            #expect(try await codes() == ["not_ready", "not_ready", nil])
            _ = try server.signingKeys.activate(standby.kid, of: half, by: .commandLine)
            try server.follow()
            #expect(try await sound.documents("", key: node).count == 2)
        }
    }

    @Test("who waits is answered as soon as there is news, and with nothing when the time is over")
    func longPoll() async throws {
        try await withServer { server in
            let shop = try Shop(server)
            async let waiting = shop.feed("?after=0&wait=20")
            try await eventually { server.parts.revocations.feed.listenerCount == 1 }
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
            try await eventually { try await acme.feed("", key: node).json["documents"]?.array?.count == 2 }
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
            let all = try await server.answer(
                .post("/revocations/ack", key: shop.key, #"{"verifier":"g","sequence":9007199254740991}"#))
            #expect(all.status == 204)
            server.clock.advance(milliseconds: 5)
            let next = try await shop.revoke(#"{"all":true}"#)["revocationId"]?.string ?? ""
            let json = try await server.answer(Ask("GET", "/revocations/\(next)", key: shop.key)).json
            #expect(json["isApplied"]?.bool == false, "what is still to come was not applied")
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

    @Test("a stream ends with the key it was asked for with, before anything more is told")
    func endOfKey() async throws {
        try await withServer { server in
            let shop = try Shop(server)
            let key = try server.key(shop.tenant, [.verify])
            let isOpen = Shared(Atomic(false))
            async let heard = server.talk { wire in
                try wire.openStream(key, noting: isOpen)
                return try wire.text(until: "event: end")
            }
            try await eventually { isOpen.value.load(ordering: .relaxed) }
            let id = try #require(APIKey.ID(String(key.dropFirst(8).prefix(12))))
            _ = try server.keys.revoke(id)
            try server.follow()
            _ = try await shop.revoke(#"{"userId":"a"}"#)
            #expect(try await !heard.contains("event: revocations"))
        }
    }

    @Test("a stream says that it is there although what happens is none of its reader's business")
    func heartbeat() async throws {
        try await withServer { server in
            let gone = try server.addTenant("gone")
            try server.parts.storage.setStatus(
                .deleted, of: gone,
                recording: AuditDraft(.tenantDeleted, for: gone, by: .commandLine, at: server.clock.now))
            try server.follow()
            let node = try server.nodeKey()
            let start = server.clock.now.seconds
            let isOpen = Shared(Atomic(false))
            async let heard = server.talk { wire in
                try wire.openStream(node, noting: isOpen)
                return try wire.text(until: ": \(start + 16)\n\n")
            }
            let revocations = ManageRevocations(storage: server.parts.storage, world: server.clock.world)
            try await eventually { isOpen.value.load(ordering: .relaxed) }
            for _ in 0..<2 {
                try await Task.sleep(for: .milliseconds(300))
                server.clock.advance(milliseconds: 8_000)
                _ = try revocations.revoke(.tenant, of: gone, by: .commandLine)
                try server.follow()
            }
            #expect(try await !heard.contains("event:"))
        }
    }
}
