internal import Dispatch
internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Synchronization
internal import Tokens

/// The endpoints for those who run the server: health, readiness, description.
struct OperationEndpoints: Sendable {
    let service: HotService
    let readiness: Readiness

    func healthz(_ request: Request, _ context: MainContext) -> Response {
        Self.document("{\"status\":\"ok\"}", type: "application/json", cache: "no-store")
    }

    func readyz(_ request: Request, _ context: MainContext) async throws -> Response {
        let problems = await readiness.problems()
        guard problems.isEmpty else { throw Failure.notReady(problems.joined(separator: ", ")) }
        let body = "{\"status\":\"ready\",\"checks\":{\"database\":\"ok\",\"migrations\":\"ok\",\"disk\":\"ok\"}}"
        return Self.document(body, type: "application/json", cache: "no-store")
    }

    func openapi(_ request: Request, _ context: MainContext) -> Response {
        Self.document(OpenAPIDocument.text, type: "application/yaml", cache: "public, max-age=300")
    }

    func docs(_ request: Request, _ context: MainContext) -> Response {
        var response = Self.document(
            DocumentationPage.text, type: "text/html; charset=utf-8", cache: "public, max-age=300")
        response.headers[.contentSecurityPolicy] = DocumentationPage.contentSecurityPolicy
        return response
    }

    private static func document(_ text: String, type: String, cache: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: type, .cacheControl: cache],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}

/// Whether the server can do its work, looked up at most once a second however often it is asked.
final class Readiness: Sendable {
    private let storage: any Storage
    private let directory: Directory
    private let world: World
    /// A thread of its own: a check that hangs on a locked database must not hold up what others load.
    private let thread = DispatchQueue(label: "chat-tokens.readiness")
    private let last: Mutex<(at: Int64, problems: [String])?> = Mutex(nil)

    init(storage: any Storage, directory: Directory, world: World) {
        self.storage = storage
        self.directory = directory
        self.world = world
    }

    /// The checks that fail, by name.
    func problems() async -> [String] {
        if let known = known { return known }
        return await withCheckedContinuation { continuation in
            // Whoever waited behind a check takes its result.
            thread.async { continuation.resume(returning: self.known ?? self.check()) }
        }
    }

    private var known: [String]? {
        last.withLock { last in
            guard let last, world.monotonicNanoseconds() - last.at < 1_000_000_000 else { return nil }
            return last.problems
        }
    }

    private func check() -> [String] {
        let health = storage.health()
        var problems: [String] = []
        if health.database != nil { problems.append("database") }
        if health.migrations != nil { problems.append("migrations") }
        if health.disk != nil { problems.append("disk") }
        if !directory.isFresh(now: world.monotonicNanoseconds()) { problems.append("change log") }
        // The age counts from the end: a check may take longer than its result is good for.
        last.withLock { $0 = (world.monotonicNanoseconds(), problems) }
        return problems
    }
}
