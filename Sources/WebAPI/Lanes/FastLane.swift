internal import Domain
internal import HTTPTypes
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
    var exchange = Exchange.none
    /// The hot request whose body is being taken in.
    private var current: HotRequest?
    /// Whether the connection may serve another request after this one.
    var keepsAlive = true
    var isHTTP10 = false
    var isHead = false
    /// Whether the connection is to end as soon as it is idle.
    var isQuiescing = false
    /// Parts of requests behind the one under way.
    var held = CircularBuffer<HTTPServerRequestPart>()
    /// Whether Hummingbird has begun to answer the request it has.
    private(set) var isMainAnswering = false
    private var isReading = false
    private var isDraining = false
    private var needsReadComplete = false
    private var hasPassedOn = false
    private var isClosing = false
    /// Whether bytes of a head have come in that is not complete.
    var hasPartialHead = false
    /// The client will send no more.
    var isInputClosed = false
    /// What is wrong with the bytes behind the requests that are still to be answered.
    var failureBehind: Failure?
    private var needsFlush = false
    var wantsRead = false
    private var output = ByteBuffer()
    /// When the connection is given up, in seconds of the loop's ``ConnectionClock``.
    var deadline: Int64 = .max

    init(workspace: Workspace, service: HotService, limits: ConnectionLimits) {
        self.workspace = workspace
        self.service = service
        self.limits = limits
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
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

    // MARK: Inbound

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        let part = unwrapInboundIn(data)
        guard held.isEmpty, accepts(part) else {
            held.append(part)
            return
        }
        take(part)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        if needsFlush {
            needsFlush = false
            edge?.flush()
        }
        // Whoever is behind this handler got nothing in this cycle unless a part was passed on.
        guard hasPassedOn else { return }
        hasPassedOn = false
        context.fireChannelReadComplete()
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
        if context.channel.isWritable { resumeReading() }
        context.fireChannelWritabilityChanged()
    }

    /// Whether the part belongs to the exchange under way or may begin one.
    private func accepts(_ part: HTTPServerRequestPart) -> Bool {
        switch (exchange, part) {
        case (.none, .head): true
        case (.none, _): true
        case (.answering, _): false
        case (.reading, _), (.dropping, _): true
        case (.main(let isRequestComplete, _), _): !isRequestComplete
        }
    }

    private func take(_ part: HTTPServerRequestPart) {
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

    private func begin(_ head: HTTPRequestHead) {
        keepsAlive = head.isKeepAlive
        hasPartialHead = false
        isHTTP10 = head.version == .http1_0
        isHead = head.method == .HEAD
        deadline = workspace.connections.now + limits.bodySeconds
        let uri = head.uri[...]
        let mark = uri.utf8.firstIndex(of: UInt8(ascii: "?"))
        let path = mark.map { uri[..<$0] } ?? uri
        let headers = HotHeaders(head.headers)
        // The decoder stops for good at a request that wants another protocol, so that none can follow it.
        if headers.isUpgrade || head.method == .CONNECT { keepsAlive = false }
        let route = HotRoute(method: head.method, path: path)
        current = HotRequest(
            route: route, path: path, query: mark.map { uri[uri.index(after: $0)...] } ?? "", headers: headers,
            id: service.requestIDs.name(given: headers.requestID), start: service.now())
        if headers.hostCount != 1, !isHTTP10 {
            return refuseConnection(.invalidRequest("The request must have exactly one Host header.", []))
        }
        let limit = route == nil ? VerifyBatchEndpoint.bodyLimit : HotRoute.bodyLimit
        let declared = headers.contentLength.flatMap { Int($0) } ?? 0
        guard declared <= limit else {
            if declared > limits.droppedBytes { keepsAlive = false }
            return refuseBody(limit: limit)
        }
        if let expect = headers.expect, expect.isSame(as: "100-continue"), !isHTTP10 { sendContinue() }
        guard route == nil else { return exchange = .reading(remaining: limit) }
        current = nil
        exchange = .main(isRequestComplete: false, isResponseComplete: false)
        isMainAnswering = false
        passOn(.head(head))
    }

    /// Gives a part to Hummingbird.
    private func passOn(_ part: HTTPServerRequestPart) {
        // Behind a read of the socket this comes by itself; a part that was held back has to be announced.
        if isReading { hasPassedOn = true } else { needsReadComplete = true }
        context?.fireChannelRead(wrapInboundOut(part))
    }

    private func read(_ bytes: ByteBuffer, remaining: Int) {
        guard bytes.readableBytes <= remaining else { return refuseBody(limit: HotRoute.bodyLimit) }
        if current?.body.readableBytes == 0 {
            current?.body = bytes
        } else {
            current?.body.writeImmutableBuffer(bytes)
        }
        exchange = .reading(remaining: remaining - bytes.readableBytes)
    }

    /// Answers 413 at once. The rest of the body is read and dropped as far as that is worth keeping the connection.
    private func refuseBody(limit: Int) {
        guard let request = current else { return }
        current = nil
        exchange = .dropping(remaining: limits.droppedBytes)
        service.refuse(request, with: .bodyTooLarge(limit: limit), sink: self)
        if !keepsAlive { close() }
    }

    private func drop(_ count: Int, of remaining: Int) {
        exchange = .dropping(remaining: max(0, remaining - count))
        if count > remaining { close() }
    }

    private func answer() {
        guard let request = current else { return }
        current = nil
        exchange = .answering
        deadline = .max
        service.answer(request, in: workspace, sink: self)
    }

    private func sendContinue() {
        output.clear()
        output.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
        edge?.write(output)
        edge?.flush()
    }

    // MARK: Outbound

    /// Answers whatever the client was sending with a problem document and ends the connection.
    func refuseConnection(_ failure: Failure) {
        guard !isClosing else { return }
        failureBehind = nil
        keepsAlive = false
        isHead = false
        let request = current ?? service.unreadableRequest(id: service.requestIDs.name(given: nil))
        current = nil
        exchange = .dropping(remaining: limits.droppedBytes)
        service.refuse(request, with: failure, sink: self)
        close()
    }

    func respond(_ response: HotResponse, to request: HotRequest) {
        service.record(response, to: request, lane: .fast, in: workspace)
        guard let context, context.channel.isActive else { return }
        output.clear(minimumCapacity: response.body.count + response.fields.count + 256)
        writeHead(of: response, requestID: request.id)
        if !isHead { output.writeBytes(response.body) }
        edge?.write(output)
        if isReading { needsFlush = true } else { edge?.flush() }
        if case .answering = exchange { finish() }
    }

    private func writeHead(of response: HotResponse, requestID: String) {
        output.writeStaticString(StatusLine.text(response.status))
        output.writeBytes(response.fields)
        output.writeStaticString("X-Request-ID: ")
        output.writeString(requestID)
        output.writeStaticString("\r\nDate: ")
        output.writeString(workspace.connections.date)
        if response.status != 204 && response.status != 304 {
            output.writeStaticString("\r\nContent-Length: ")
            output.writeString(String(response.body.count))
        }
        if !keepsAlive {
            output.writeStaticString("\r\nConnection: close")
        } else if isHTTP10 {
            output.writeStaticString("\r\nConnection: keep-alive")
        }
        output.writeStaticString("\r\n\r\n")
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let part = unwrapOutboundIn(data)
        guard case .main(let isRequestComplete, _) = exchange else {
            context.write(data, promise: promise)
            return
        }
        if case .head(var head) = part, !keepsAlive || isHTTP10 {
            isMainAnswering = true
            head.headers.replaceOrAdd(name: "connection", value: keepsAlive ? "keep-alive" : "close")
            context.write(wrapOutboundOut(.head(head)), promise: promise)
            return
        }
        isMainAnswering = true
        context.write(data, promise: promise)
        guard case .end = part else { return }
        exchange = .main(isRequestComplete: isRequestComplete, isResponseComplete: true)
        // The rest of the pipeline flushes after this write; going on to the next request must not overtake it.
        context.flush()
        finishMainIfComplete()
    }

    private func finishMainIfComplete() {
        guard case .main(true, true) = exchange else { return }
        finish()
    }

    /// The exchange is over: ends the connection, or goes on with what was held back.
    private func finish() {
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
        guard case .none = exchange else { return resumeReading() }
        if let failure = failureBehind { return refuseConnection(failure) }
        guard keepsAlive, !isQuiescing, !isInputClosed else { return close() }
        deadline = workspace.connections.now + limits.idleSeconds
        resumeReading()
    }

    /// Whether the connection may take another request, or the rest of the one under way.
    private var canContinue: Bool {
        guard case .none = exchange else { return !isClosing }
        return keepsAlive && !isQuiescing && !isClosing
    }

    private func resumeReading() {
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
    }
}
