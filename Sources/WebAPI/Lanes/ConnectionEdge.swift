internal import NIOCore

/// The first handler of a connection: lets the fast lane write whole answers past the HTTP encoder, and tells it when
/// bytes arrive, which is before the decoder can say that a head is complete.
final class ConnectionEdge: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Set while the pipeline is built; the lane owns the connection's timing.
    private let lane: FastLane
    private var context: ChannelHandlerContext?

    init(lane: FastLane) {
        self.lane = lane
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        lane.edge = self
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        lane.edge = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lane.noteBytes()
        context.fireChannelRead(data)
    }

    /// Writes bytes to the socket's buffer without flushing.
    func write(_ bytes: ByteBuffer) {
        context?.write(wrapOutboundOut(bytes), promise: nil)
    }

    /// Sends what was written.
    func flush() {
        context?.flush()
    }
}
