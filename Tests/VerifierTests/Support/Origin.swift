import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An HTTP server on a port of its own, that answers as a test says and counts what it is asked.
final class Origin: Sendable {
    struct Request: Sendable {
        let path: String
        let headers: HTTPHeaders
        let body: String
    }

    struct Answer: Sendable {
        var status = HTTPResponseStatus.ok
        var body = ""
        var tag: String?
        var location: String?
        /// Milliseconds before it is given; nil: never.
        var delay: Int64? = 0
        /// Whether more may follow, by `push`.
        var isStream = false
    }

    private let port = Mutex<Int>(0)
    private let streams = Mutex<[any Channel]>([])
    private let requested = Mutex<[Request]>([])
    private let answer: Mutex<@Sendable (Request) -> Answer>

    /// A server that answers by this function until `answer(by:)` brings another.
    static func with<Result>(
        _ answer: @escaping @Sendable (Request) -> Answer, _ body: (Origin) async throws -> Result
    ) async throws -> Result {
        let origin = Origin(answer)
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(Handler(of: origin))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        origin.port.withLock { $0 = channel.localAddress?.port ?? 0 }
        do {
            let result = try await body(origin)
            try await channel.close()
            return result
        } catch {
            try? await channel.close()
            throw error
        }
    }

    private init(_ answer: @escaping @Sendable (Request) -> Answer) {
        self.answer = Mutex(answer)
    }

    var url: String { "http://127.0.0.1:\(port.withLock { $0 })" }

    /// What was asked so far.
    var requests: [Request] { requested.withLock { $0 } }

    /// How often this path was asked for.
    func count(_ path: String) -> Int { requests.count { $0.path == path } }

    /// Answers otherwise from now on.
    func answer(by other: @escaping @Sendable (Request) -> Answer) { answer.withLock { $0 = other } }

    /// How many streams are open.
    var openStreams: Int { streams.withLock { $0.count(where: \.isActive) } }

    /// Sends this on every open stream.
    func push(_ text: String) {
        for channel in streams.withLock({ $0 }) {
            channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: text))), promise: nil)
        }
    }

    /// Breaks every open stream.
    func cut() {
        for channel in streams.withLock({ $0 }) { channel.close(promise: nil) }
    }

    private func take(_ request: Request) -> Answer {
        requested.withLock { $0.append(request) }
        return answer.withLock { $0 }(request)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let origin: Origin
        private var head: HTTPRequestHead?
        private var body = ""

        init(of origin: Origin) {
            self.origin = origin
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): (self.head, body) = (head, "")
            case .body(let buffer): body += String(buffer: buffer)
            case .end:
                guard let head else { return }
                let answer = origin.take(Request(path: head.uri, headers: head.headers, body: body))
                guard let delay = answer.delay else { return }
                let context = NIOLoopBound(context, eventLoop: context.eventLoop)
                context.value.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(delay)) {
                    self.send(answer, to: context.value)
                }
            }
        }

        private func send(_ answer: Answer, to context: ChannelHandlerContext) {
            var head = HTTPResponseHead(version: .http1_1, status: answer.status)
            if !answer.isStream { head.headers.add(name: "Content-Length", value: String(answer.body.utf8.count)) }
            if let tag = answer.tag { head.headers.add(name: "ETag", value: tag) }
            if let location = answer.location { head.headers.add(name: "Location", value: location) }
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            let body = ByteBuffer(string: answer.body)
            guard answer.isStream else {
                context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
                return
            }
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
            let channel = context.channel
            origin.streams.withLock { $0.append(channel) }
        }
    }
}
