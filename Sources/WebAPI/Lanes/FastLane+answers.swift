internal import Domain
internal import NIOCore
internal import NIOHTTP1

/// Giving answers out, past the HTTP encoder where they are ours and through it where they are Hummingbird's.
extension FastLane {
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

    func writeHead(of response: HotResponse, requestID: String) {
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
}
