internal import Domain
internal import NIOCore
internal import NIOHTTP1

/// Taking requests in.
extension FastLane {
    func begin(_ head: HTTPRequestHead) {
        keepsAlive = head.isKeepAlive
        hasPartialHead = false
        isHTTP10 = head.version == .http1_0
        isHead = head.method == .HEAD
        deadline = workspace.connections.now + limits.bodySeconds
        let target = HotTarget(head.uri)
        let headers = HotHeaders(head.headers)
        // The decoder stops for good at a request that wants another protocol, so that none can follow it.
        if headers.isUpgrade || head.method == .CONNECT { keepsAlive = false }
        let route = HotRoute(method: head.method, path: target.path)
        current = request(to: route, at: target, with: headers)
        if headers.hostCount != 1, !isHTTP10 {
            return refuseConnection(.invalidRequest("The request must have exactly one Host header.", []))
        }
        let limit = bodyLimit(of: route)
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
    func passOn(_ part: HTTPServerRequestPart) {
        // Behind a read of the socket this comes by itself; a part that was held back has to be announced.
        if isReading { hasPassedOn = true } else { needsReadComplete = true }
        context?.fireChannelRead(wrapInboundOut(part))
    }

    func read(_ bytes: ByteBuffer, remaining: Int) {
        guard bytes.readableBytes <= remaining else { return refuseBody(limit: HotRoute.bodyLimit) }
        exchange = .reading(remaining: remaining - bytes.readableBytes)
        guard current?.route?.readsBody == true else { return }
        if current?.body.readableBytes == 0 {
            current?.body = bytes
        } else {
            current?.body.writeImmutableBuffer(bytes)
        }
    }

    /// The most bytes of a body that are taken in, be it to drop them.
    private func bodyLimit(of route: HotRoute?) -> Int {
        guard let route else { return VerifyBatchEndpoint.bodyLimit }
        return route.readsBody ? HotRoute.bodyLimit : limits.droppedBytes
    }

    /// Answers a request with more of a body than is taken in: 413 at once, or as ever where the body is not read.
    ///
    /// The rest of the body is read and dropped as far as that is worth keeping the connection.
    func refuseBody(limit: Int) {
        guard let request = current else { return }
        current = nil
        if request.route?.readsBody == false {
            keepsAlive = false
            return answer(request)
        }
        exchange = .dropping(remaining: limits.droppedBytes)
        service.refuse(request, with: .bodyTooLarge(limit: limit), sink: self)
        if !keepsAlive { close() }
    }

    func drop(_ count: Int, of remaining: Int) {
        exchange = .dropping(remaining: max(0, remaining - count))
        if count > remaining { close() }
    }

    func answer() {
        guard let request = current else { return }
        current = nil
        answer(request)
    }

    /// Answers a plain request that came whole, past the decoder.
    func answerWhole(_ request: HotRequest) {
        isReading = true
        isHTTP10 = false
        isHead = false
        hasPartialHead = false
        answer(request)
    }

    /// A request with its head as it is and its name as it was given or made.
    func request(
        to route: HotRoute?, at target: HotTarget, with headers: consuming HotHeaders, body: ByteBuffer = ByteBuffer()
    ) -> HotRequest {
        let id = service.requestIDs.name(given: headers.requestID)
        return HotRequest(
            route: route, target: target, headers: headers, peer: peer, id: id, start: service.now(), body: body)
    }

    /// Answers a request that is complete.
    func answer(_ request: HotRequest) {
        exchange = .answering
        deadline = .max
        service.answer(request, in: workspace, sink: self)
    }

    func sendContinue() {
        output.clear()
        output.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
        edge?.write(output)
        edge?.flush()
    }
}
