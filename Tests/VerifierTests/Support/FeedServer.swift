import AsyncHTTPClient
import NIOHTTP1
import Synchronization
import TokenVerifier

/// A server with one tenant and a feed that says what a test wants.
struct FeedServer: Sendable {
    let origin: Origin
    let tenant: Tenant
    let clock = TestClock()

    /// What `GET /revocations` answers, by the place after which is asked.
    private final class Pages: Sendable {
        let answer = Mutex<@Sendable (Int) -> Origin.Answer> { _ in .init(status: .serviceUnavailable) }
    }

    private let pages = Pages()

    static func with<Result>(
        _ documents: (Tenant) throws -> [String] = { [try $0.document()] },
        _ body: (FeedServer) async throws -> Result
    ) async throws -> Result {
        try await Origin.with({ _ in .init() }) { origin in
            let server = FeedServer(origin: origin, tenant: try Tenant(at: origin.url))
            let keySet = server.tenant.keySet, pages = server.pages
            server.serve(Self.page(try documents(server.tenant)))
            origin.answer { request in
                switch request.path.split(separator: "?").first {
                case "/t/acme/.well-known/jwks.json": .init(body: keySet)
                case "/revocations":
                    pages.answer.withLock { $0 }(Int(request.path.split(separator: "=").last ?? "") ?? -1)
                case "/revocations/stream": .init(body: ": hello\n\n", isStream: true)
                case "/revocations/ack": .init(status: .noContent)
                default: .init(status: .notFound)
                }
            }
            return try await body(server)
        }
    }

    static func page(_ documents: [String], sequence: Int = 1, more: Bool = false) -> Origin.Answer {
        let list = documents.map { "\"\($0)\"" }.joined(separator: ",")
        return .init(body: "{\"sequence\":\(sequence),\"more\":\(more),\"documents\":[\(list)]}")
    }

    /// Answers `GET /revocations` with this from now on.
    func serve(_ answer: Origin.Answer) { serve { _ in answer } }

    /// Answers `GET /revocations` by the place after which is asked.
    func serve(_ answer: @escaping @Sendable (Int) -> Origin.Answer) { pages.answer.withLock { $0 = answer } }

    /// Sends a document as an event.
    func push(_ document: String, id: Int) { origin.push("event: revocations\nid: \(id)\ndata: \(document)\n\n") }

    var settings: OfflineVerifier.Settings {
        var settings = OfflineVerifier.Settings(publicURL: origin.url, tenants: .only(["acme"]), expecting: .ws)
        settings.feed = .init(apiKey: "chatsdk_test", verifier: "gateway-1")
        return settings
    }

    /// Runs a verifier that follows the feed.
    func follow<Result: Sendable>(
        waitUntilReady: Bool = true, adjust: (inout OfflineVerifier.Settings) -> Void = { _ in },
        _ body: (OfflineVerifier) async throws -> Result
    ) async throws -> Result {
        var settings = settings
        adjust(&settings)
        return try await withVerifier(settings, clock, waitUntilReady: waitUntilReady) { try await body($0) }
    }
}
