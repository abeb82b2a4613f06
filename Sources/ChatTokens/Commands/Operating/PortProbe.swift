internal import Foundation

/// Whether an address can be listened on.
enum PortProbe {
    /// Why not, in a sentence without a full stop; nil where it can.
    static func complaint(about address: Settings.Address) -> String? {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        unsafe hints.ai_socktype = streamSocket
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(address.host, String(address.port), &hints, &list)
        guard status == 0, let first = unsafe list else {
            return "\(address.host) is not a known host"
        }
        defer { unsafe freeaddrinfo(list) }
        let descriptor = unsafe socket(first.pointee.ai_family, streamSocket, 0)
        guard descriptor >= 0 else { return "no socket can be made: \(SystemMessage.ofLastError())" }
        defer { close(descriptor) }
        var on: Int32 = 1
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        guard unsafe bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0 else {
            return errno == EADDRINUSE
                ? "\(address) is in use" : "\(address) cannot be listened on: \(SystemMessage.ofLastError())"
        }
        return nil
    }

    private static var streamSocket: Int32 {
        #if canImport(Glibc)
            Int32(SOCK_STREAM.rawValue)
        #else
            SOCK_STREAM
        #endif
    }
}
