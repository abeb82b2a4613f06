internal import HummingbirdCore
internal import HummingbirdHTTP2
internal import Logging
internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// A TLS connection: HTTP/2 goes to Hummingbird, HTTP/1.1 gets both lanes with all their limits.
struct SecureChannel: ServerChildChannel {
    /// What the client and the server agreed on (ALPN, RFC 7301).
    enum Negotiated: Sendable {
        case http1(TwoLaneChannel.Value)
        case http2(HTTP2Channel.Value)
    }

    struct Value: ServerChildChannelValue {
        let negotiated: EventLoopFuture<Negotiated>
        let channel: any Channel
    }

    let tls: NIOSSLContext
    let http1: TwoLaneChannel
    let http2: HTTP2Channel

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let negotiation = NIOTypedApplicationProtocolNegotiationHandler<Negotiated> { result, channel in
                switch result {
                case .negotiated("h2"): http2.setup(channel: channel, logger: logger).map(Negotiated.http2)
                case .negotiated, .fallback: http1.setup(channel: channel, logger: logger).map(Negotiated.http1)
                }
            }
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(NIOSSLServerHandler(context: tls))
            try pipeline.addHandler(negotiation)
            let watch = HandshakeWatch(seconds: http1.limits.headSeconds)
            try pipeline.addHandler(watch)
            let negotiated = negotiation.protocolNegotiationResult
            negotiated.assumeIsolated().whenComplete { _ in watch.end() }
            return Value(negotiated: negotiated, channel: channel)
        }
    }

    func handle(value: Value, logger: Logger) async {
        do {
            switch try await value.negotiated.get() {
            case .http1(let connection): await http1.handle(value: connection, logger: logger)
            case .http2(let connection): await http2.handle(value: connection, logger: logger)
            }
        } catch {
            // The client gave up or spoke no TLS; there is nobody to answer.
            logger.debug("TLS handshake failed", metadata: ["cause": "\(error)"])
        }
    }
}

/// Ends a connection whose handshake takes too long, or is still under way when the server stops: until it is over,
/// no other handler looks after the connection.
private final class HandshakeWatch: ChannelInboundHandler {
    typealias InboundIn = NIOAny
    typealias InboundOut = NIOAny

    private let seconds: Int64
    private var timeout: Scheduled<Void>?
    private var isOver = false

    init(seconds: Int64) {
        self.seconds = seconds
    }

    func handlerAdded(context: ChannelHandlerContext) {
        timeout = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(seconds)) {
            if !self.isOver { context.close(promise: nil) }
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
    }

    /// The handshake is over, for better or worse.
    func end() {
        isOver = true
        timeout?.cancel()
        timeout = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if !isOver, event is ChannelShouldQuiesceEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }
}
