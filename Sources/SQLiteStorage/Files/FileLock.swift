internal import Domain

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// An exclusive lock on a file, held until the value ends; the kernel lets go of it however the process dies.
struct FileLock: ~Copyable {
    private let descriptor: Int32

    /// Times and microseconds that a holder who is just about to end is waited for.
    private static let patience = (tries: 10, pause: UInt32(50_000))

    /// Takes the lock, or throws after half a second where another holds it.
    ///
    /// The file is created where missing.
    init(path: String) throws(StoreFailure) {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unavailable(cause: "cannot open \(path): \(SystemError.last)") }
        guard Self.lock(descriptor) else {
            let error = SystemError.last
            defer { _ = close(descriptor) }
            guard error.code == EWOULDBLOCK else { throw .unavailable(cause: "cannot lock \(path): \(error)") }
            throw .unavailable(cause: "another server\(Self.holder(descriptor)) already serves this database")
        }
        self.descriptor = descriptor
        noteHolder()
    }

    /// Whether somebody holds the lock at the moment; where nobody ever did, no file is made.
    static func isHeld(path: String) -> Bool {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { _ = close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    private static func lock(_ descriptor: Int32) -> Bool {
        for _ in 1..<patience.tries {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            guard errno == EWOULDBLOCK else { return false }
            usleep(patience.pause)
        }
        return flock(descriptor, LOCK_EX | LOCK_NB) == 0
    }

    deinit {
        _ = close(descriptor)
    }

    /// The process is noted for people to find; the lock itself does not depend on it.
    private func noteHolder() {
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(descriptor, 0) == 0 else { return }
        _ = unsafe pwrite(descriptor, text, text.count, 0)
    }

    private static func holder(_ descriptor: Int32) -> String {
        var text = [UInt8](repeating: 0, count: 20)
        let count = unsafe pread(descriptor, &text, text.count, 0)
        guard count > 0, let process = Int32(String(decoding: text[..<count].prefix { $0 != 0x0A }, as: UTF8.self))
        else { return "" }
        return " (process \(process))"
    }
}
