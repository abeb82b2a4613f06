#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// An error number of the operating system with its text.
struct SystemError: CustomStringConvertible {
    let code: Int32

    /// The error of the system call that failed just before.
    static var last: SystemError { SystemError(code: errno) }

    var description: String {
        unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }
}
