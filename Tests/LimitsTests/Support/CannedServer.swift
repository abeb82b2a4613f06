import Foundation

/// A server that answers the first bytes of whoever connects with the same text; gone with its owner.
final class CannedServer: Sendable {
    let port: Int
    private let socket: LoopbackSocket

    init(_ answer: String) throws {
        let socket = try LoopbackSocket()
        port = try socket.bind()
        let descriptor = socket.descriptor
        listen(descriptor, 16)
        self.socket = socket
        Thread.detachNewThread {
            while case let peer = accept(descriptor, nil, nil), peer >= 0 {
                var byte: UInt8 = 0
                _ = unsafe recv(peer, &byte, 1, 0)
                _ = unsafe answer.withCString { unsafe send(peer, $0, answer.utf8.count, 0) }
                close(peer)
            }
        }
    }

    deinit {
        shutdown(socket.descriptor, Int32(SHUT_RDWR))
    }
}
