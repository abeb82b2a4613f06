internal import Domain
internal import NIOCore
internal import Tokens

/// What one event loop keeps for itself, so that requests on it share buffers and never wait for another loop.
final class Workspace {
    let loop: any EventLoop
    let replies: LoopReplies
    let connections: Connections
    var grants: Grant.Source
    var scanner = JSONScanner()
    var verify: VerifyToken
    /// A buffer to assemble claims in; its content means nothing between two uses.
    var payload: [UInt8] = []

    init(loop: any EventLoop, directory: Directory, world: World) {
        self.loop = loop
        replies = LoopReplies(loop: loop)
        connections = Connections(world: world)
        grants = Grant.Source(world: world)
        verify = VerifyToken(directory: directory, world: world)
    }

    /// Starts what runs once a second; called once, on the loop.
    func start() {
        connections.start(on: loop)
    }
}

/// Brings answers of batches back to an event loop.
final class LoopReplies: ReplyQueue {
    private let loop: any EventLoop

    init(loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ work: @escaping @Sendable () -> Void) {
        loop.execute(work)
    }
}
