internal import NIOCore
internal import NIOHTTP1

/// The first handler of a connection: hands plain requests to hot endpoints straight to the fast lane and all other
/// bytes to the HTTP decoder, and lets the lane write whole answers past the HTTP encoder.
///
/// A request is taken here only if it is all there, the decoder has nothing unfinished, and no other is under way. So
/// either this handler or the decoder sees a request whole, never each a part.
final class ConnectionEdge: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What the decoder needs before the bytes that come are the beginning of a request.
    private enum Decoder {
        /// So many bytes; 0: it has nothing unfinished.
        case owed(Int)
        /// Nobody but the decoder knows, so that it gets everything from now on.
        case unknown
    }

    /// Set while the pipeline is built; the lane owns the connection's timing.
    private let lane: FastLane
    private var context: ChannelHandlerContext?
    private var decoder = Decoder.owed(0)
    /// Whether the decoder was given bytes in this reading of the socket.
    private var hasPassedOn = false

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
        let bytes = unwrapInboundIn(data)
        switch decoder {
        case .owed(0) where lane.isIdle:
            if let request = begin(bytes) { return lane.answerWhole(request) }
        // Behind a request that is still being answered: the lane holds it back, which it does by decoded parts.
        case .owed(0), .unknown: decoder = .unknown
        case .owed(let count): decoder = owed(count - bytes.readableBytes)
        }
        hasPassedOn = true
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Those behind this handler know of nothing that could be complete.
        guard hasPassedOn else { return lane.endReading() }
        hasPassedOn = false
        context.fireChannelReadComplete()
    }

    /// Writes bytes to the socket's buffer without flushing.
    func write(_ bytes: ByteBuffer) {
        context?.write(wrapOutboundOut(bytes), promise: nil)
    }

    /// Sends what was written.
    func flush() {
        context?.flush()
    }

    /// The request in the bytes if it is a hot one and all of it is there; else notes what the decoder will need.
    private func begin(_ bytes: ByteBuffer) -> HotRequest? {
        var headers = HotHeaders()
        let start = bytes.readerIndex
        let span = bytes.readableBytesUInt8Span
        let head = PlainHead.read(span) { name, value in
            guard let field = HotField(span.extracting(name)) else { return }
            if field == .forwardedFor {
                guard lane.believesProxies, let list = bytes.slice(value, after: start) else { return }
                return headers.takeForwardedFor(list)
            }
            headers.take(field, span.extracting(value))
        }
        guard let head else {
            decoder = .unknown
            return nil
        }
        let missing = head.byteCount + head.contentLength - bytes.readableBytes
        let target = HotTarget(bytes.text(head.target, after: start))
        let method: HTTPMethod = head.method == .post ? .POST : .GET
        guard missing == 0, head.contentLength <= HotRoute.bodyLimit,
            let route = HotRoute(method: method, path: target.path)
        else {
            decoder = owed(missing)
            return nil
        }
        let body = bytes.getSlice(at: start + head.byteCount, length: head.contentLength) ?? ByteBuffer()
        return lane.request(to: route, at: target, with: consume headers, body: body)
    }

    /// Requests that share a packet are the decoder's for good.
    private func owed(_ count: Int) -> Decoder {
        count < 0 ? .unknown : .owed(count)
    }
}

extension ByteBuffer {
    /// The ASCII text at a range that is counted from `start`.
    fileprivate func text(_ range: Range<Int>, after start: Int) -> String {
        getString(at: start + range.lowerBound, length: range.count) ?? ""
    }

    /// The bytes themselves at a range that is counted from `start`.
    fileprivate func slice(_ range: Range<Int>, after start: Int) -> ByteBuffer? {
        getSlice(at: start + range.lowerBound, length: range.count)
    }
}
