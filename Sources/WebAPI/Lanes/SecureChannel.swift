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
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
            try channel.pipeline.syncOperations.addHandler(negotiation)
            return Value(negotiated: negotiation.protocolNegotiationResult, channel: channel)
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
