import NIOHTTP1
import Testing
import TestSupport
import Tokens
import TokenVerifier

@Suite("Revoked tokens are refused, and while that cannot be known, all")
struct RevocationTests {
    /// `printf acme/user-123 | sha256sum`, the first 32 digits.
    private static let hash = "dc433bc8170cfa230340279bed722e4e"

    @Test(
        "an entry refuses the tokens that it matches",
        arguments: [
            ("grant", Tenant.grant), ("user", "user-123"), ("user_hash", hash), ("api_key", "k1"),
            ("label", "device-7"),
            ("tenant", ""), ("signing_key", "KID"),
        ])
    func matching(kind: String, subject: String) async throws {
        try await FeedServer.with({ tenant in
            [try tenant.document([Tenant.entry(kind, subject == "KID" ? tenant.key.kid : subject)])]
        }) { server in
            let token = try server.tenant.token()
            // A grant born when the cut was made, or later, is none of those.
            let later = try server.tenant.token(["jti": "\"019abc00-0001-7000-8000-000000000001.ws\""])
            try await server.follow { verifier in
                #expect(await verifier.refusal(token) == .revoked)
                #expect(await verifier.refusal(later) == nil)
            }
        }
    }

    @Test(
        "an entry refuses no other tokens",
        arguments: [
            ("grant", "019abc00-0000-7000-8000-000000000002"), ("user", "user-12"), ("user", "k1"),
            ("user_hash", String(hash.reversed())), ("api_key", "k2"), ("label", ""), ("signing_key", "x"),
        ])
    func others(kind: String, subject: String) async throws {
        try await FeedServer.with({ [try $0.document([Tenant.entry(kind, subject)])] }) { server in
            let token = try server.tenant.token()
            try await server.follow { #expect(await $0.refusal(token) == nil) }
        }
    }

    @Test("names are compared byte by byte: a letter and its accent are not the letter with the accent")
    func bytes() async throws {
        try await FeedServer.with({ [try $0.document([Tenant.entry("user", "zo\u{EB}")])] }) { server in
            let composed = try server.tenant.token(["sub": "\"zo\u{EB}\""])
            let decomposed = try server.tenant.token(["sub": "\"zoe\u{308}\""])
            try await server.follow { verifier in
                #expect(await verifier.refusal(composed) == .revoked)
                #expect(await verifier.refusal(decomposed) == nil)
            }
        }
    }

    @Test("the largest cut counts, in whatever order entries come")
    func largest() async throws {
        let entries = [Tenant.bornAt, Tenant.bornAt + 1, Tenant.bornAt - 1].map {
            Tenant.entry("user", "user-123", before: $0)
        }
        try await FeedServer.with({ [try $0.document(entries)] }) { server in
            let token = try server.tenant.token()
            try await server.follow { #expect(await $0.refusal(token) == .revoked) }
        }
    }

    @Test("an entry of a kind that is not known here refuses all of the tenant, until it is over and forgotten")
    func unknownKind() async throws {
        let entry = Tenant.entry("planet", "mars", before: 0, expires: TestClock.start + 1_000)
        try await FeedServer.with({ [try $0.document([entry])] }) { server in
            let token = try server.tenant.token()
            try await server.follow(adjust: { $0.feed?.silence = nil }) { verifier in
                #expect(await verifier.refusal(token) == .revoked)
                server.clock.advance(.seconds(1_001))
                try await eventually { await verifier.refusal(token) == nil }
            }
        }
    }

    @Test("what was let in is told to be revoked, and whoever listens hears of it")
    func told() async throws {
        try await FeedServer.with { server in
            let token = try server.tenant.token()
            let document = try server.tenant.document([Tenant.entry("user", "user-123")], sequence: 2)
            try await server.follow { verifier in
                let verified = try await verifier.verify(token)
                var news = verifier.revocations.makeAsyncIterator()
                #expect(!verifier.isRevoked(verified))
                try await eventually { server.origin.openStreams == 1 }
                server.push(document, id: 2)
                await news.next()
                #expect(verifier.isRevoked(verified))
                try await eventually { server.origin.requests.contains { $0.body.contains(#""sequence":2"#) } }
                let told = server.origin.requests.last { $0.path == "/revocations/ack" }
                #expect(told?.body == #"{"verifier":"gateway-1","sequence":2}"#)
                #expect(told?.headers.first(name: "X-API-Key") == "chatsdk_test")
            }
        }
    }

    @Test("only documents of the feed, signed by the tenant, are believed", arguments: 0..<6)
    func forgeries(number: Int) async throws {
        try await FeedServer.with { server in
            let stranger = try Tenant(at: server.origin.url)
            let entry = Tenant.entry("user", "user-123")
            let good = try server.tenant.document([entry])
            let forged = [
                try server.tenant.document([entry], audience: "chat-realtime"),
                try server.tenant.document([entry], type: "JWT"),
                try stranger.document([entry]),
                try server.tenant.sign("{}", header: ["typ": "revocations+jwt"]),
                good.replacing("A", with: "B"), "x",
            ][number]
            server.serve(FeedServer.page([forged]))
            let token = try server.tenant.token()
            try await server.follow(waitUntilReady: false) { verifier in
                try await eventually { server.origin.requests.count { $0.path.hasPrefix("/revocations?") } >= 2 }
                // What cannot be believed may hide something: not ready is the only safe answer.
                #expect(await verifier.refusal(token) == .notReady && !verifier.isReady)
                server.serve(FeedServer.page([good]))
                try await eventually { await verifier.refusal(token) == .revoked }
            }
        }
    }

    @Test("another tenant's documents change nothing here")
    func otherTenant() async throws {
        try await FeedServer.with { server in
            let other = try Tenant("globex", at: server.origin.url)
            server.serve(
                FeedServer.page([try other.document([Tenant.entry("tenant", "")]), try server.tenant.document()]))
            let token = try server.tenant.token()
            try await server.follow { #expect(await $0.refusal(token) == nil) }
        }
    }
}
