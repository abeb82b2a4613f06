import NIOHTTP1
import Testing
import TestSupport
import Tokens
import TokenVerifier

@Suite("Keys are fetched when they are needed, and seldom enough")
struct KeyRefreshTests {
    private static let path = "/t/acme/.well-known/jwks.json"

    private func settings(_ url: String) -> OfflineVerifier.Settings {
        OfflineVerifier.Settings(publicURL: url, tenants: .only(["acme"]), expecting: .ws)
    }

    @Test("a key that came after the last fetch is fetched by the first token that needs it")
    func rotation() async throws {
        let clock = TestClock()
        try await Origin.with({ _ in .init(body: #"{"keys":[]}"#) }) { origin in
            let tenant = try Tenant(at: origin.url)
            try await withVerifier(settings(origin.url), clock) { verifier in
                origin.answer { _ in .init(body: tenant.keySet) }
                clock.advance(.seconds(5))
                let token = try tenant.token()
                #expect(await verifier.refusal(token) == nil)
                #expect(origin.count(Self.path) == 2)
            }
        }
    }

    @Test("however many tokens name unknown keys, one fetch serves them all, and the next waits for its time")
    func unknownKeys() async throws {
        let clock = TestClock()
        try await Origin.with({ _ in .init(body: #"{"keys":[]}"#) }) { origin in
            let strangers = try (0..<20).map { _ in try Tenant(at: origin.url).token() }
            try await withVerifier(settings(origin.url), clock) { verifier in
                clock.advance(.seconds(5))
                let refusals = await withTaskGroup(of: Refusal?.self) { group in
                    for token in strangers { group.addTask { await verifier.refusal(token) } }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                #expect(refusals == Array(repeating: .keyUnknown, count: 20))
                #expect(origin.count(Self.path) == 2)
                clock.advance(.milliseconds(4_999))
                for token in strangers { #expect(await verifier.refusal(token) == .keyUnknown) }
                #expect(origin.count(Self.path) == 2)
                clock.advance(.milliseconds(1))
                #expect(await verifier.refusal(strangers[0]) == .keyUnknown)
                #expect(origin.count(Self.path) == 3)
            }
        }
    }

    @Test("without waiting, a token of an unknown key is refused and passes when it comes again")
    func withoutWaiting() async throws {
        let clock = TestClock()
        try await Origin.with({ _ in .init(body: #"{"keys":[]}"#) }) { origin in
            let tenant = try Tenant(at: origin.url)
            try await withVerifier(settings(origin.url), clock) { verifier in
                origin.answer { _ in .init(body: tenant.keySet) }
                clock.advance(.seconds(5))
                let token = try tenant.token()
                #expect(throws: Refusal.keyUnknown) { try verifier.verifyNow(token) }
                try await eventually { (try? verifier.verifyNow(token)) != nil }
            }
        }
    }

    @Test("a key set is fetched again when it is old, and costs nothing where it is unchanged")
    func freshness() async throws {
        let clock = TestClock()
        try await Origin.with({ _ in .init() }) { origin in
            let tenant = try Tenant(at: origin.url)
            origin.answer { request in
                request.headers.first(name: "If-None-Match") == "\"1\""
                    ? .init(status: .notModified, tag: "\"1\"") : .init(body: tenant.keySet, tag: "\"1\"")
            }
            try await withVerifier(settings(origin.url), clock) { verifier in
                clock.advance(.seconds(300))
                try await eventually { origin.count(Self.path) == 2 }
                #expect(origin.requests.last?.headers.first(name: "If-None-Match") == "\"1\"")
                clock.advance(.seconds(299))
                #expect(try await verifier.refusal(tenant.token()) == nil)
                #expect(origin.count(Self.path) == 2)
            }
        }
    }

    @Test(
        "while the server fails the keys that are there serve on, for a day",
        arguments: [
            (HTTPResponseStatus.internalServerError, ""), (.ok, "<html>"),
            (.ok, String(repeating: " ", count: 1_048_577)),
        ])
    func outage(status: HTTPResponseStatus, body: String) async throws {
        let clock = TestClock()
        try await Origin.with({ _ in .init() }) { origin in
            let tenant = try Tenant(at: origin.url)
            origin.answer { _ in .init(body: tenant.keySet) }
            try await withVerifier(settings(origin.url), clock) { verifier in
                let token = try tenant.token(["exp": "\(TestClock.start + 200_000)"])
                origin.answer { _ in .init(status: status, body: body) }
                clock.advance(.seconds(86_400))
                try await eventually { origin.count(Self.path) >= 2 }
                #expect(await verifier.refusal(token) == nil)
                clock.advance(.seconds(1))
                #expect(await verifier.refusal(token) == .notReady)
                #expect(!verifier.isReady)
            }
        }
    }

    @Test("the keys of a tenant that is no more are forgotten")
    func tenantGone() async throws {
        let clock = TestClock()
        try await Origin.with({ _ in .init() }) { origin in
            let tenant = try Tenant(at: origin.url)
            origin.answer { _ in .init(body: tenant.keySet) }
            try await withVerifier(settings(origin.url), clock) { verifier in
                origin.answer { _ in .init(status: .notFound) }
                clock.advance(.seconds(300))
                let token = try tenant.token()
                try await eventually { await verifier.refusal(token) == .keyUnknown }
            }
        }
    }

    @Test("a server that does not answer holds nobody up for longer than the time-out")
    func silence() async throws {
        try await Origin.with({ _ in .init(delay: nil) }) { origin in
            var settings = settings(origin.url)
            settings.timeout = .milliseconds(200)
            let tenant = try Tenant(at: origin.url)
            try await withVerifier(settings, waitUntilReady: false) { verifier in
                let token = try tenant.token()
                #expect(await verifier.refusal(token) == .notReady)
            }
        }
    }

    @Test("before it runs, a verifier takes nothing")
    func notRunning() async throws {
        let tenant = try Tenant(at: "http://127.0.0.1:9")
        let verifier = try OfflineVerifier(settings("http://127.0.0.1:9"))
        #expect(try await verifier.refusal(tenant.token()) == .notReady)
        #expect(!verifier.isReady)
    }

    @Test("where every tenant is let in, sets are fetched on demand, and invented tenants are remembered")
    func everyTenant() async throws {
        try await Origin.with({ _ in .init(status: .notFound) }) { origin in
            let acme = try Tenant("acme", at: origin.url), globex = try Tenant("globex", at: origin.url, .edDSA)
            origin.answer { request in
                switch request.path {
                case Self.path: .init(body: acme.keySet)
                case "/t/globex/.well-known/jwks.json": .init(body: globex.keySet)
                default: .init(status: .notFound)
                }
            }
            let settings = OfflineVerifier.Settings(publicURL: origin.url, tenants: .all, expecting: .ws)
            try await withVerifier(settings) { verifier in
                #expect(try await verifier.verify(acme.token()).tenant == "acme")
                #expect(try await verifier.verify(globex.token()).tenant == "globex")
                let invented = try Tenant("invented", at: origin.url).token()
                for _ in 0..<5 { #expect(await verifier.refusal(invented) == .keyUnknown) }
                #expect(origin.count("/t/invented/.well-known/jwks.json") == 1)
                #expect(origin.count(Self.path) == 1)
                // One tenant's key does not sign for another.
                let claimed = try globex.token(["iss": "\"\(acme.issuer)\""])
                #expect(await verifier.refusal(claimed) == .keyUnknown)
            }
        }
    }
}
