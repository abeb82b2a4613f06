internal import Domain
internal import Logging
internal import NIOCore
internal import NIOHTTP1

/// What does not go well with a connection.
extension FastLane {
    /// Bytes came in; if they begin a request, its head has to be complete in time.
    func noteBytes() {
        guard case .none = exchange else { return }
        hasPartialHead = true
        deadline = min(deadline, workspace.connections.now + limits.headSeconds)
    }

    /// The deadline has passed: says so where a request is half here, and ends the connection.
    func expire() {
        deadline = .max
        switch exchange {
        case .none where hasPartialHead, .reading: refuseConnection(.requestTimeout)
        case .main(isRequestComplete: false, _) where !isMainAnswering: refuseConnection(.requestTimeout)
        case .none, .dropping, .answering, .main: context?.close(mode: .all, promise: nil)
        }
    }

    /// Ends the request that was just taken up if its own bytes are what the decoder could not read.
    func refuseWhatCannotEnd() {
        guard held.isEmpty, let failure = failureBehind else { return }
        switch exchange {
        case .reading: refuseConnection(failure)
        case .main(isRequestComplete: false, _):
            if isMainAnswering { context?.close(mode: .all, promise: nil) } else { refuseConnection(failure) }
        case .none, .answering, .dropping, .main: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The decoder gave up before; what comes behind is dropped, and the answers under way still reach the client.
        if case .dataReceivedInErrorState? = error as? ByteToMessageDecoderError { return }
        guard let error = error as? HTTPParserError else {
            service.logger.debug("connection error", metadata: ["cause": "\(error)"])
            context.close(mode: .all, promise: nil)
            return
        }
        // After the last request of a connection nothing that follows is a request (RFC 9112 §9.6).
        if !keepsAlive, case .main = exchange { return }
        if !keepsAlive, case .answering = exchange { return }
        let failure: Failure =
            switch error {
            case .headerOverflow: .headersTooLarge
            default: .invalidRequest("The bytes received are not an acceptable HTTP/1.1 request.", [])
            }
        failureBehind = failure
        switch exchange {
        case .none where held.isEmpty: refuseConnection(failure)
        case .none, .answering, .reading, .main: refuseWhatCannotEnd()
        case .dropping: context.close(mode: .all, promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            isQuiescing = true
            if case .none = exchange { close() }
            // Everybody gets the answer under way; who does not take it shall not hold up the end.
            if isServing, !context.channel.isWritable { deadline = workspace.connections.now + limits.headSeconds }
        case ChannelEvent.inputClosed:
            isInputClosed = true
            switch exchange {
            case .none where held.isEmpty: close()
            case .reading: context.close(mode: .all, promise: nil)
            // Hummingbird has to learn of it while it waits for a body that will not come.
            case .main(isRequestComplete: false, _): context.fireUserInboundEventTriggered(event)
            case .none, .answering, .main, .dropping: break
            }
        default: context.fireUserInboundEventTriggered(event)
        }
    }
}
