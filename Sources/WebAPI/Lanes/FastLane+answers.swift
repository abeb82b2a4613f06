internal import Domain
internal import NIOCore
internal import NIOHTTP1
internal import Tokens

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
        writeHead(of: response, requestID: request.id, to: &workspace.head)
        output.clear(minimumCapacity: workspace.head.count + response.body.count)
        output.writeBytes(workspace.head)
        if !isHead { output.writeBytes(response.body) }
        if let edge {
            edge.write(output)
            if isReading { needsFlush = true } else if !workspace.unsent.take(edge) { edge.flush() }
        }
        if case .answering = exchange { finish() }
    }

    private func writeHead(of response: HotResponse, requestID: String, to head: inout [UInt8]) {
        head.removeAll(keepingCapacity: true)
        head.append(text: StatusLine.text(response.status))
        head.append(copying: response.fields.span)
        head.append(text: "X-Request-ID: ")
        head.append(string: requestID)
        head.append(text: "\r\nDate: ")
        head.append(string: workspace.connections.date)
        if response.status != 204 && response.status != 304 {
            head.append(text: "\r\nContent-Length: ")
            JSONText.appendInteger(Int64(response.body.count), to: &head)
        }
        if !keepsAlive {
            head.append(text: "\r\nConnection: close")
        } else if isHTTP10 {
            head.append(text: "\r\nConnection: keep-alive")
        }
        head.append(text: "\r\n\r\n")
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
