internal import Domain
internal import NIOCore

extension IPAddress {
    /// The IP address of a socket's other end; nil for sockets of other kinds.
    init?(_ address: SocketAddress) {
        guard let parsed = address.ipAddress.flatMap({ IPAddress($0) }) else { return nil }
        self = parsed
    }
}
