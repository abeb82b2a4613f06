import NIOCore
import NIOHTTP1
import NIOPosix

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

// The floor: NIO's HTTP/1 codec and nothing else. It answers each request the benchmark sends with as many bytes
// as a real answer has, and does no work for them.

/// Answers by method and path, building head and body anew for each request as any handler would.
final class EchoHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let pair = String(repeating: "p", count: 950)
    private let verdict = String(repeating: "v", count: 550)
    private let keys = #"{"keys":[]}"#
    private let grant = "01980000-0000-7000-8000-000000000000"
    private var head: HTTPRequestHead?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head = self.head else { return }
            self.head = nil
            self.answer(head, context: context)
        }
    }

    private func answer(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        if head.method == .GET && head.uri.hasPrefix("/verify") {
            let headers: HTTPHeaders = [
                "X-Chat-Tenant": "bench", "X-Chat-User": "user-0000001", "X-Chat-Grant": self.grant,
            ]
            return self.send(.noContent, headers: headers, body: nil, context: context)
        }
        let text = head.method == .GET ? self.keys : head.uri.hasPrefix("/tokens") ? self.pair : self.verdict
        let headers: HTTPHeaders = [
            "Content-Type": "application/json", "Content-Length": String(text.utf8.count), "Cache-Control": "no-store",
        ]
        self.send(.ok, headers: headers, body: text, context: context)
    }

    private func send(
        _ status: HTTPResponseStatus, headers: HTTPHeaders, body: String?, context: ChannelHandlerContext
    ) {
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        if let body {
            let buffer = context.channel.allocator.buffer(string: body)
            context.write(self.wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        }
        context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
    }
}

let port = Int(getenv("PORT").map { String(cString: $0) } ?? "8080") ?? 8080
let workers = Int(getenv("WORKERS").map { String(cString: $0) } ?? "") ?? System.coreCount
let group = MultiThreadedEventLoopGroup(numberOfThreads: workers)
let server = try ServerBootstrap(group: group)
    .serverChannelOption(.backlog, value: 1024)
    .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
    .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: false, withErrorHandling: true, withOutboundHeaderValidation: false)
            try pipeline.addHandler(EchoHandler())
        }
    }
    .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
    .bind(host: "127.0.0.1", port: port).wait()
try server.closeFuture.wait()
