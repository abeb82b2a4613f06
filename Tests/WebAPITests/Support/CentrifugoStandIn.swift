import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
import Tokens

/// A server with Centrifugo's `POST /api/disconnect`, which answers as it is told.
final class CentrifugoStandIn: Sendable {
    /// What is answered to a call.
    enum Behaviour: Sendable {
        case well, failing, rejecting
        /// Nothing for a call about this user; the others are done.
        case silent(about: String)
    }

    struct Call: Sendable, Equatable {
        let path: String, key: String?
        let user: String?, code: Int64?, reason: String?
    }

    private let calls = Mutex<[Call]>([])
    private let state = Mutex(Behaviour.well)

    var taken: [Call] { calls.withLock { $0 } }

    var behaviour: Behaviour {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    /// Serves on a free port, whose address `test` gets, for as long as the test takes.
    func serve(_ test: @escaping @Sendable (_ address: String) async throws -> Void) async throws {
        let router = Router()
        for path in ["/api/disconnect", "/of/{tenant}/disconnect"] {
            router.post(RouterPath(path)) { request, _ in try await self.answer(request) }
        }
        let (ports, port) = AsyncStream<Int>.makeStream()
        let server = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { port.yield($0.localAddress?.port ?? 0) },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await server.runService(gracefulShutdownSignals: []) }
            for await port in ports {
                try await test("http://127.0.0.1:\(port)")
                break
            }
            tasks.cancelAll()
        }
    }

    private func answer(_ request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: 65_536)
        let json = try JSON.parse(body.readableBytesUInt8Span, maximumDepth: 8)
        let how = json["disconnect"]
        // Before it is told of the call: it may be another a moment later.
        let behaviour = behaviour
        calls.withLock {
            $0.append(
                Call(
                    path: request.uri.path, key: request.headers[.init("X-API-Key") ?? .accept],
                    user: json["user"]?.string, code: how?["code"]?.integer, reason: how?["reason"]?.string))
        }
        switch behaviour {
        case .rejecting: return Self.json("{\"error\":{\"code\":100,\"message\":\"internal server error\"}}")
        case .failing: return Response(status: .internalServerError)
        case .silent(about: json["user"]?.string):
            try await Task.sleep(for: .seconds(30))
            return Response(status: .noContent)
        case .well, .silent: return Self.json("{\"result\":{}}")
        }
    }

    private static func json(_ text: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
