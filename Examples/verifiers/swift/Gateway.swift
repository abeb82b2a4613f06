import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Synchronization
import TokenVerifier

/// A realtime gateway that lets tokens in by `/?token=…`, says who says what, and drops whoever's token is taken back.
@main
enum Gateway {
    static func main() async throws {
        let environment = ProcessInfo.processInfo.environment
        guard let url = environment["CHAT_TOKENS_URL"], let tenant = environment["CHAT_TOKENS_TENANT"] else {
            throw OfflineVerifier.SettingsFailure.addressUnfit("CHAT_TOKENS_URL and CHAT_TOKENS_TENANT are needed")
        }
        var settings = OfflineVerifier.Settings(publicURL: url, tenants: .only([tenant]), expecting: .ws)
        if let file = environment["CHAT_TOKENS_SECRET_FILE"] {
            settings.secrets = [tenant: [try String(contentsOfFile: file, encoding: .utf8)]]
        }
        settings.feed = environment["CHAT_TOKENS_API_KEY"].map { .init(apiKey: $0, verifier: environment["NAME"]) }
        if let seconds = environment["SILENCE"].flatMap({ Int($0) }) { settings.feed?.silence = .seconds(seconds) }
        let verifier = try OfflineVerifier(settings)
        let connections = Connections()
        let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, head in
                channel.eventLoop.makeFutureWithTask {
                    (try? await verifier.verify(head.token)) == nil ? nil : HTTPHeaders()
                }
            },
            upgradePipelineHandler: { channel, head in
                channel.eventLoop.makeCompletedFuture {
                    let token = try verifier.verifyNow(head.token)
                    try channel.pipeline.syncOperations.addHandler(Echo(of: token.userID))
                    connections.add(channel, token)
                    // What was revoked just before it was added.
                    connections.drop(where: verifier.isRevoked)
                }.flatMapErrorThrowing { failure in
                    channel.close(promise: nil)
                    throw failure
                }
            })
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                let upgrade = NIOHTTPServerUpgradeSendableConfiguration(
                    upgraders: [upgrader],
                    completionHandler: { $0.pipeline.syncOperations.removeHandler(name: "refusal", promise: nil) })
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(withServerUpgrade: upgrade)
                    try pipeline.addHandler(Refusal(verifier), name: "refusal")
                }
            }
            .bind(host: "127.0.0.1", port: Int(environment["PORT"] ?? "8090") ?? 8090).get()
        print("listening on \(server.localAddress?.port ?? 0)")
        await withDiscardingTaskGroup { group in
            group.addTask { await verifier.run() }
            for await _ in verifier.revocations { connections.drop(where: verifier.isRevoked) }
        }
    }
}

/// Everybody who is connected, and with which token.
final class Connections: Sendable {
    private let open = Mutex<[ObjectIdentifier: (channel: any Channel, token: VerifiedToken)]>([:])

    func add(_ channel: any Channel, _ token: VerifiedToken) {
        let name = ObjectIdentifier(channel)
        open.withLock { $0[name] = (channel, token) }
        let life = token.expiresAt - Int64(Date().timeIntervalSince1970)
        let end = channel.eventLoop.scheduleTask(in: .seconds(life)) { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in
            end.cancel()
            self.open.withLock { _ = $0.removeValue(forKey: name) }
        }
    }

    func drop(where isOver: (VerifiedToken) -> Bool) {
        let over = open.withLock { $0.values.filter { isOver($0.token) } }
        for (channel, _) in over {
            // Policy violation (RFC 6455 §7.4.1): the client need not come back with this token.
            let bye = WebSocketFrame(fin: true, opcode: .connectionClose, data: ByteBuffer(bytes: [0x03, 0xF0]))
            channel.writeAndFlush(bye).whenComplete { _ in channel.close(promise: nil) }
        }
    }
}

/// Sends back what comes, with the user's name before it.
final class Echo: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let user: String

    init(of user: String) {
        self.user = user
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text: send(.text, ByteBuffer(string: "\(user): \(String(buffer: frame.unmaskedData))"), context)
        case .ping: send(.pong, frame.unmaskedData, context)
        case .connectionClose:
            send(.connectionClose, frame.unmaskedData, context)
            context.close(promise: nil)
        default: break
        }
    }

    private func send(_ opcode: WebSocketOpcode, _ data: ByteBuffer, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, data: data)), promise: nil)
    }
}

/// Answers whoever was not let in: 503 while the verifier cannot tell, else 401.
final class Refusal: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let verifier: OfflineVerifier

    init(_ verifier: OfflineVerifier) {
        self.verifier = verifier
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        let status: HTTPResponseStatus = verifier.isReady ? .unauthorized : .serviceUnavailable
        let fields: HTTPHeaders = ["Content-Length": "0", "Connection": "close"]
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(promise: nil)
    }
}

extension HTTPRequestHead {
    /// The `token` of the query, as browsers need it: they cannot set header fields on a WebSocket.
    var token: String {
        let query = uri.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
        let pair = query.split(separator: "&").first { $0.hasPrefix("token=") }
        return String(pair?.dropFirst("token=".count) ?? "")
    }
}
