internal import Domain
internal import NIOCore
internal import Tokens

/// What one event loop keeps for itself, so that requests on it share buffers and never wait for another loop.
final class Workspace {
    let loop: any EventLoop
    let replies: LoopReplies
    var grants: Grant.Source
    var scanner = JSONScanner()
    var verify: VerifyToken
    /// A buffer to assemble claims in; its content means nothing between two uses.
    var payload: [UInt8] = []
    private let requestPrefix: String
    private var requestCount: UInt64 = 0

    init(loop: any EventLoop, directory: Directory, world: World) {
        self.loop = loop
        replies = LoopReplies(loop: loop)
        grants = Grant.Source(world: world)
        verify = VerifyToken(directory: directory, world: world)
        requestPrefix = String(grants.word(), radix: 36) + "-"
    }

    /// The caller's request identifier if it is well-formed (1 to 128 of letters, digits, `.`, `_`, `-`), else a new one.
    func requestID(_ given: String?) -> String {
        if let given, (1...128).contains(given.utf8.count), given.utf8.allSatisfy(Self.isRequestIDByte) { return given }
        requestCount &+= 1
        return requestPrefix + String(requestCount, radix: 36)
    }

    private static func isRequestIDByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
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
