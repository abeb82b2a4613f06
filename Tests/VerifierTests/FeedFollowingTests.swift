import AsyncHTTPClient
import NIOHTTP1
import Testing
import TestSupport
import Tokens
import TokenVerifier

@Suite("The feed is followed whatever happens to the connection")
struct FeedFollowingTests {
    @Test("no token is taken before the last page has been read")
    func pages() async throws {
        try await FeedServer.with { server in
            let first = try server.tenant.document([Tenant.entry("user", "other")], sequence: 5)
            let second = try server.tenant.document([Tenant.entry("user", "user-123")], sequence: 9)
            let token = try server.tenant.token()
            server.serve { after in
                after == 0 ? FeedServer.page([first], sequence: 5, more: true) : .init(status: .serviceUnavailable)
            }
            try await server.follow(waitUntilReady: false) { verifier in
                try await eventually { server.origin.count("/revocations?after=5") >= 2 }
                #expect(await verifier.refusal(token) == .notReady && !verifier.isReady)
                server.serve { after in after == 5 ? FeedServer.page([second], sequence: 9) : FeedServer.page([]) }
                try await eventually { await verifier.refusal(token) == .revoked }
                #expect(server.origin.count("/revocations?after=0") == 1)
            }
        }
    }

    @Test("a stream that breaks is taken up where it was")
    func resumption() async throws {
        try await FeedServer.with { server in
            let documents = try (2...3).map {
                try server.tenant.document([Tenant.entry("user", "user-\($0)")], sequence: $0)
            }
            let last = try server.tenant.token(["sub": "\"user-3\""])
            try await server.follow { verifier in
                try await eventually { server.origin.openStreams == 1 }
                server.push(documents[0], id: 2)
                let token = try server.tenant.token(["sub": "\"user-2\""])
                try await eventually { await verifier.refusal(token) == .revoked }
                server.serve { $0 == 2 ? FeedServer.page([documents[1]], sequence: 3) : FeedServer.page([]) }
                server.origin.cut()
                try await eventually { await verifier.refusal(last) == .revoked }
                try await eventually { server.origin.openStreams == 1 }
                let stream = server.origin.requests.last { $0.path == "/revocations/stream" }
                #expect(stream?.headers.first(name: "Last-Event-ID") == "3")
                #expect(stream?.headers.first(name: "X-Chat-Tenant") == "acme")
            }
        }
    }

    @Test("where there is one tenant, the place is the one that its document has signed")
    func signedPlace() async throws {
        try await FeedServer.with { server in
            let document = try server.tenant.document([Tenant.entry("user", "user-2")], sequence: 2)
            let token = try server.tenant.token(["sub": "\"user-2\""])
            try await server.follow { verifier in
                try await eventually { server.origin.openStreams == 1 }
                server.push(document, id: 99)
                try await eventually { await verifier.refusal(token) == .revoked }
                server.origin.cut()
                try await eventually { server.origin.count("/revocations/stream") == 2 }
                #expect(server.origin.count("/revocations?after=2") == 1)
            }
        }
    }

    @Test("an event that comes in pieces is one event, and one that ends the stream is obeyed")
    func pieces() async throws {
        try await FeedServer.with { server in
            let document = try server.tenant.document([Tenant.entry("user", "user-123")], sequence: 2)
            let token = try server.tenant.token()
            try await server.follow { verifier in
                try await eventually { server.origin.openStreams == 1 }
                for letter in "event: revocations\r\nid: 2\r\ndata: \(document)\r\n\r\n" {
                    server.origin.push(String(letter))
                }
                try await eventually { await verifier.refusal(token) == .revoked }
                server.origin.push("event: end\ndata: \n\n")
                try await eventually { server.origin.count("/revocations/stream") == 2 }
            }
        }
    }

    @Test("after so much silence tokens are refused, until something is heard")
    func silence() async throws {
        try await FeedServer.with { server in
            let token = try server.tenant.token()
            try await server.follow { verifier in
                try await eventually { server.origin.openStreams == 1 }
                server.clock.advance(.seconds(30))
                #expect(await verifier.refusal(token) == nil)
                server.clock.advance(.milliseconds(1))
                #expect(await verifier.refusal(token) == .notReady && !verifier.isReady)
                server.origin.push(": \(TestClock.start + 31)\n\n")
                try await eventually { await verifier.refusal(token) == nil }
            }
        }
    }

    @Test("a stream on which nothing comes for 45 s is given up")
    func deadStream() async throws {
        try await FeedServer.with { server in
            let document = try server.tenant.document([Tenant.entry("user", "user-123")], sequence: 2)
            let token = try server.tenant.token()
            try await server.follow { verifier in
                try await eventually { server.origin.openStreams == 1 }
                server.push(document, id: 2)
                try await eventually { await verifier.refusal(token) == .revoked }
                server.clock.advance(.seconds(45))
                try await eventually { server.origin.count("/revocations/stream") == 2 }
                #expect(verifier.isReady)
            }
        }
    }

    @Test("an answer that points elsewhere is none, and the API key stays here", arguments: [301, 302, 303, 307, 308])
    func redirection(status: Int) async throws {
        try await FeedServer.with { server in
            let (page, keySet) = (FeedServer.page([try server.tenant.document()]), server.tenant.keySet)
            try await Origin.with({ $0.path.hasSuffix("jwks.json") ? .init(body: keySet) : page }) { other in
                server.origin.answer { .init(status: .init(statusCode: status), location: other.url + $0.path) }
                let token = try server.tenant.token()
                try await server.follow(waitUntilReady: false) { verifier in
                    try await eventually { server.origin.requests.count { $0.path.hasPrefix("/revocations?") } >= 2 }
                    try await eventually { server.origin.count("/t/acme/.well-known/jwks.json") >= 1 }
                    #expect(await verifier.refusal(token) == .notReady && other.requests.isEmpty)
                }
                // With a client that goes along nothing is believed either.
                try await withVerifier(server.settings, client: .shared, waitUntilReady: false) { verifier in
                    try await eventually { other.requests.count { $0.path.hasPrefix("/revocations?") } >= 2 }
                    #expect(await verifier.refusal(token) == .notReady && !verifier.isReady)
                }
            }
        }
    }

    @Test("whoever wishes it goes by what was known, however long the server is away")
    func patience() async throws {
        try await FeedServer.with { server in
            let token = try server.tenant.token()
            try await server.follow(adjust: { $0.feed?.silence = nil }) { verifier in
                server.serve(.init(status: .serviceUnavailable))
                server.origin.cut()
                server.clock.advance(.seconds(3_000))
                #expect(await verifier.refusal(token) == nil)
            }
        }
    }

    @Test("the tokens of a tenant whose documents cannot be checked for want of its secret are refused")
    func missingSecret() async throws {
        try await FeedServer.with { server in
            let shared = try Tenant(at: server.origin.url, .hs256)
            server.serve(FeedServer.page([try shared.document()]))
            let (token, page) = (try server.tenant.token(), FeedServer.page([try server.tenant.document()]))
            try await server.follow(waitUntilReady: false) { verifier in
                try await eventually { server.origin.count("/revocations?after=0") >= 2 }
                #expect(await verifier.refusal(token) == .notReady && !verifier.isReady)
                // Anybody can have invented the name of a secret: it closes nothing for longer than it is there.
                server.serve(page)
                try await eventually { await verifier.refusal(token) == nil }
            }
        }
    }
}
