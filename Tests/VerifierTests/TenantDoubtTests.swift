import NIOHTTP1
import Testing
import TestSupport
import Tokens
import TokenVerifier

@Suite("A tenant whose documents cannot be checked holds up no other")
struct TenantDoubtTests {
    enum Fault: CaseIterable {
        /// The key's name under a signature of another, a key that is not published, key sets that cannot be had, and
        /// a shared secret of which nobody has heard.
        case signature, key, keySet, algorithm
    }

    /// Two tenants of one server, and another that takes itself for the second.
    private struct Scene {
        let origin: Origin
        let acme: Tenant, globex: Tenant, stranger: Tenant, secret: Tenant
        let clock = TestClock()

        init(_ origin: Origin) throws {
            self.origin = origin
            acme = try Tenant(at: origin.url)
            globex = try Tenant("globex", at: origin.url)
            stranger = try Tenant("globex", at: origin.url)
            secret = try Tenant("globex", at: origin.url, .hs256)
        }

        var settings: OfflineVerifier.Settings {
            var settings = OfflineVerifier.Settings(publicURL: origin.url, tenants: .all, expecting: .ws)
            settings.feed = .init(apiKey: "chatsdk_test", verifier: "gateway-1")
            settings.feed?.silence = nil
            return settings
        }

        /// What cannot be checked, whose key signs the tenant's tokens meanwhile, and how its key set is answered.
        func faulty(_ fault: Fault) throws -> (document: String, signer: Tenant, keySet: Origin.Answer) {
            let revoked = [Tenant.entry("user", "gone")]
            let good = try globex.document(revoked, sequence: 2)
            return switch fault {
            case .signature:
                (
                    try globex.sign(
                        payload(of: good), header: ["typ": "revocations+jwt", "kid": globex.key.kid],
                        by: stranger.key), globex, .init(body: globex.keySet)
                )
            case .key: (good, stranger, .init(body: stranger.keySet))
            case .keySet: (good, globex, .init(status: .serviceUnavailable))
            case .algorithm: (try secret.document(revoked, sequence: 2), globex, .init(body: globex.keySet))
            }
        }

        private func payload(of document: String) -> String {
            let part = document.split(separator: ".")[1]
            return String(decoding: Base64URL.decode(String(part)) ?? [], as: UTF8.self)
        }

        /// Answers with this page for all, this one for the second tenant, and this key set of it.
        func serve(_ all: [String], _ ofGlobex: [String], keySet: Origin.Answer) {
            let keys = acme.keySet
            origin.answer { request in
                switch request.path.split(separator: "?").first {
                case "/t/acme/.well-known/jwks.json": .init(body: keys)
                case "/t/globex/.well-known/jwks.json": keySet
                case "/revocations":
                    request.headers["X-Chat-Tenant"] == ["globex"]
                        ? FeedServer.page(ofGlobex, sequence: 99) : FeedServer.page(all, sequence: 3)
                case "/revocations/stream": .init(body: ": hello\n\n", isStream: true)
                case "/revocations/ack": .init(status: .noContent)
                default: .init(status: .notFound)
                }
            }
        }
    }

    @Test("its tokens are refused until they can be, and the others' pass and are revoked", arguments: Fault.allCases)
    func others(fault: Fault) async throws {
        try await Origin.with({ _ in .init() }) { origin in
            let scene = try Scene(origin)
            let (faulty, signer, keySet) = try scene.faulty(fault)
            let ofAcme = try scene.acme.document([Tenant.entry("user", "user-2")], sequence: 3)
            scene.serve([faulty, ofAcme], [faulty], keySet: keySet)
            let good = try scene.acme.token()
            let revoked = try scene.acme.token(["sub": "\"user-2\""])
            let later = try scene.acme.token(["sub": "\"user-3\""])
            let doubtful = try signer.token()
            try await withVerifier(scene.settings, scene.clock) { verifier in
                #expect(await verifier.refusal(good) == nil)
                #expect(await verifier.refusal(revoked) == .revoked)
                #expect(await verifier.refusal(doubtful) == .notReady && verifier.isReady)
                try await eventually { origin.openStreams == 1 }
                let document = try scene.acme.document([Tenant.entry("user", "user-3")], sequence: 4)
                origin.push("event: revocations\nid: 4\ndata: \(document)\n\n")
                try await eventually { await verifier.refusal(later) == .revoked }
                try await eventually { origin.requests.count { $0.headers["X-Chat-Tenant"] == ["globex"] } >= 2 }
                #expect(await verifier.refusal(doubtful) == .notReady)
                try await eventually { origin.count("/revocations/ack") >= 1 }
                #expect(origin.requests.allSatisfy { !$0.body.contains(#""sequence":4"#) }, "not all is applied")
                // Only now everything can be had.
                let cure = try scene.globex.document([Tenant.entry("user", "gone")], sequence: 2)
                scene.serve([], [cure], keySet: .init(body: scene.globex.keySet))
                scene.clock.advance(.seconds(6))
                let (passes, gone) = (try scene.globex.token(), try scene.globex.token(["sub": "\"gone\""]))
                try await eventually { await verifier.refusal(passes) == nil }
                #expect(await verifier.refusal(gone) == .revoked)
                #expect(origin.count("/revocations?after=0") >= 2, "from the place before it")
                try await eventually { origin.requests.contains { $0.body.contains(#""sequence":4"#) } }
            }
        }
    }

    @Test("an answer that leads less far than what came ends no doubt, until no node can lag behind any more")
    func lag() async throws {
        try await Origin.with({ _ in .init() }) { origin in
            let scene = try Scene(origin)
            let faulty = try scene.faulty(.signature)
            let old = try scene.globex.document(sequence: 1)
            scene.serve([faulty.document], [old], keySet: faulty.keySet)
            let token = try scene.globex.token()
            try await withVerifier(scene.settings, scene.clock) { verifier in
                try await eventually { origin.requests.count { $0.headers["X-Chat-Tenant"] == ["globex"] } >= 3 }
                #expect(await verifier.refusal(token) == .notReady)
                // Nothing more comes.
                scene.serve([], [old], keySet: faulty.keySet)
                scene.clock.advance(.seconds(60))
                try await eventually { await verifier.refusal(token) == nil }
            }
        }
    }

    @Test("a tenant without any key here is not asked for again and again, and holds up nothing")
    func shared() async throws {
        try await Origin.with({ _ in .init() }) { origin in
            let scene = try Scene(origin)
            let ofAcme = try scene.acme.document([Tenant.entry("user", "user-2")], sequence: 3)
            scene.serve([try scene.secret.document(sequence: 2), ofAcme], [], keySet: .init(body: #"{"keys":[]}"#))
            let token = try scene.acme.token()
            try await withVerifier(scene.settings, scene.clock) { verifier in
                #expect(await verifier.refusal(token) == nil)
                try await eventually { origin.requests.contains { $0.body.contains(#""sequence":3"#) } }
                #expect(origin.requests.allSatisfy { $0.headers["X-Chat-Tenant"].isEmpty })
            }
        }
    }
}
