#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Waiting for what happens on a socket.
enum Socket {
    static let readable = Int16(POLLIN), writable = Int16(POLLOUT)

    /// Whether any of the events came within the time, or the socket broke.
    static func wait(for events: Int16, on descriptor: Int32, milliseconds: Int) -> Bool {
        var entry = pollfd(fd: descriptor, events: events, revents: 0)
        while true {
            let count = unsafe poll(&entry, 1, Int32(clamping: milliseconds))
            if count < 0, errno == EINTR { continue }
            return count != 0
        }
    }

    /// Does nothing for so long.
    static func pause(milliseconds: Int) {
        _ = poll(nil, 0, Int32(clamping: milliseconds))
    }
}

/// Texts as a C function takes a list of them, ended by NULL.
@safe
struct CStrings: ~Copyable {
    private var pointers: [UnsafeMutablePointer<CChar>?]

    init(_ texts: [String]) {
        unsafe pointers = unsafe texts.map { unsafe strdup($0) } + [nil]
    }

    deinit {
        unsafe pointers.forEach { unsafe free($0) }
    }

    func withPointers<Result>(_ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result) -> Result {
        let constant = unsafe pointers.map { unsafe UnsafePointer($0) }
        return unsafe constant.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
    }
}
