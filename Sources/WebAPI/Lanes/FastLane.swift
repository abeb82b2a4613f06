internal import Domain
internal import NIOCore
internal import NIOHTTP1

/// Stands between the HTTP decoder and Hummingbird: answers hot requests itself and passes all others on.
///
/// One exchange at a time: while a request is being answered, on whichever lane, what the client pipelines behind it
/// waits in `held`, so that answers leave in the order of the requests. Reading pauses as long as something waits or
/// the client does not take its answers, which bounds the memory of a connection.
final class FastLane: ChannelDuplexHandler, HotSink {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// What the connection is busy with.
    enum Exchange {
        /// Waiting for a request.
        case none
        /// Taking in the body of a hot request, which is ``current``.
        case reading(remaining: Int)
        /// A hot request is complete and its answer under way.
        case answering
        /// A hot request was answered before its body ended; the rest is read and dropped.
        case dropping(remaining: Int)
        /// Hummingbird has the request; each half of the exchange ends by itself.
        case main(isRequestComplete: Bool, isResponseComplete: Bool)
    }

    let workspace: Workspace
    let service: HotService
    let limits: ConnectionLimits
    var edge: ConnectionEdge?
    var context: ChannelHandlerContext?
    /// The other end of the connection; nil where it has no IP address.
    private(set) var peer: IPAddress?
    var exchange = Exchange.none
    /// The hot request whose body is being taken in.
    var current: HotRequest?
    /// Whether the connection may serve another request after this one.
    var keepsAlive = true
    var isHTTP10 = false
    var isHead = false
    /// Whether the connection is to end as soon as it is idle.
    var isQuiescing = false
    /// Parts of requests behind the one under way.
    var held = CircularBuffer<HTTPServerRequestPart>()
    /// Whether Hummingbird has begun to answer the request it has.
    var isMainAnswering = false
    var isReading = false
    var isDraining = false
    var needsReadComplete = false
    var hasPassedOn = false
    var isClosing = false
    /// Whether bytes of a head have come in that is not complete.
    var hasPartialHead = false
    /// The client will send no more.
    var isInputClosed = false
    /// What is wrong with the bytes behind the requests that are still to be answered.
    var failureBehind: Failure?
    var needsFlush = false
    var wantsRead = false
    var output = ByteBuffer()
    /// When the connection is given up, in seconds of the loop's ``ConnectionClock``.
    var deadline: Int64 = .max

    init(workspace: Workspace, service: HotService, limits: ConnectionLimits) {
        self.workspace = workspace
        self.service = service
        self.limits = limits
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        peer = context.channel.remoteAddress.flatMap(IPAddress.init)
        workspace.connections.insert(self)
        deadline = workspace.connections.now + limits.idleSeconds
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        workspace.connections.remove(self)
        self.context = nil
        held.removeAll()
    }

    func channelInactive(context: ChannelHandlerContext) {
        workspace.connections.remove(self)
        deadline = .max
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        guard !isClosing else { return }
        let part = unwrapInboundIn(data)
        guard held.isEmpty, accepts(part) else {
            held.append(part)
            return
        }
        take(part)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        endReading()
        // Whoever is behind this handler got nothing in this cycle unless a part was passed on.
        guard hasPassedOn else { return }
        hasPassedOn = false
        context.fireChannelReadComplete()
    }

    /// All that was readable is read; sends the answers that were written meanwhile.
    func endReading() {
        isReading = false
        guard needsFlush else { return }
        needsFlush = false
        edge?.flush()
    }

    func read(context: ChannelHandlerContext) {
        guard held.isEmpty, context.channel.isWritable else {
            wantsRead = true
            // The client cannot finish a head that is not read; it has the idle time to take its answers instead.
            if case .none = exchange { deadline = workspace.connections.now + limits.idleSeconds }
            return
        }
        context.read()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            if isServing { deadline = .max }
            resumeReading()
        } else if isServing {
            // Whoever does not take an answer is given up like whoever does not send a request.
            deadline = workspace.connections.now + limits.idleSeconds
        }
        context.fireChannelWritabilityChanged()
    }

    /// Whether the part belongs to the exchange under way or may begin one.
    func accepts(_ part: HTTPServerRequestPart) -> Bool {
        switch (exchange, part) {
        case (.none, _): true
        case (.answering, _): false
        case (.reading, _), (.dropping, _): true
        case (.main(let isRequestComplete, _), _): !isRequestComplete
        }
    }

    func take(_ part: HTTPServerRequestPart) {
        switch (exchange, part) {
        case (.none, .head(let head)): begin(head)
        case (.reading(let remaining), .body(let bytes)): read(bytes, remaining: remaining)
        case (.reading, .end): answer()
        case (.dropping(let remaining), .body(let bytes)): drop(bytes.readableBytes, of: remaining)
        case (.dropping, .end): finish()
        case (.main(_, let isResponseComplete), _):
            if case .end = part {
                exchange = .main(isRequestComplete: true, isResponseComplete: isResponseComplete)
                deadline = .max
            }
            passOn(part)
            finishMainIfComplete()
        default: break
        }
    }

    func finishMainIfComplete() {
        guard case .main(true, true) = exchange else { return }
        finish()
    }

    /// The exchange is over: ends the connection, or goes on with what was held back.
    func finish() {
        exchange = .none
        // A held request that is answered at once ends up here again; the loop below goes on with the next.
        guard !isDraining else { return }
        isDraining = true
        while let part = held.first, accepts(part), canContinue { take(held.removeFirst()) }
        isDraining = false
        if needsReadComplete {
            needsReadComplete = false
            context?.fireChannelReadComplete()
        }
        guard case .none = exchange else {
            refuseWhatCannotEnd()
            return resumeReading()
        }
        if keepsAlive, let failure = failureBehind { return refuseConnection(failure) }
        guard keepsAlive, !isQuiescing, !isInputClosed else { return close() }
        deadline = workspace.connections.now + limits.idleSeconds
        resumeReading()
    }

    /// Whether the connection may take another request, or the rest of the one under way.
    var canContinue: Bool {
        guard case .none = exchange else { return !isClosing }
        return keepsAlive && !isQuiescing && !isClosing
    }

    /// Whether nothing stands in the way of a new request.
    var isIdle: Bool {
        guard case .none = exchange else { return false }
        return held.isEmpty && canContinue && !isInputClosed && failureBehind == nil
    }

    /// Whether anybody will look at what proxies say.
    var believesProxies: Bool { !service.proxies.isEmpty }

    /// Whether it is the server's turn: a complete request is being answered.
    var isServing: Bool {
        switch exchange {
        case .answering, .main(isRequestComplete: true, _): true
        case .none, .reading, .dropping, .main: false
        }
    }

    func resumeReading() {
        guard wantsRead, held.isEmpty, let context, context.channel.isWritable else { return }
        wantsRead = false
        if case .none = exchange, hasPartialHead { deadline = workspace.connections.now + limits.headSeconds }
        context.read()
    }

    /// Sends what is written, then ends the connection; the client has a moment to read before it is cut off, since
    /// closing with unread input would reset the connection and could destroy the answer on its way.
    func close() {
        guard let context, !isClosing else { return }
        isClosing = true
        keepsAlive = false
        held.removeAll()
        exchange = .dropping(remaining: .max)
        deadline = workspace.connections.now + limits.lingerSeconds
        edge?.flush()
        context.close(mode: .output, promise: nil)
        resumeReading()
    }
}
