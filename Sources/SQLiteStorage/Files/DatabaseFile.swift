internal import Domain

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The database's file as the operating system sees it.
///
/// It is never opened here once SQLite has it: closing any descriptor of a file drops the POSIX locks that the process
/// holds on it, SQLite's included.
struct DatabaseFile {
    /// The path with symbolic links resolved, so that one file has one lock whatever it is called.
    let path: String

    init(path: String) {
        self.path = Self.resolved(path) ?? path
    }

    /// Creates the file empty with mode 0600 where it is missing; SQLite gives its companions the same mode.
    ///
    /// - Returns: whether it was missing.
    @discardableResult
    func create() throws(StoreFailure) -> Bool {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor < 0 else {
            _ = close(descriptor)
            return true
        }
        let error = SystemError.last
        guard error.code == EEXIST else { throw .unavailable(cause: "cannot create \(path): \(error)") }
        return false
    }

    /// The file that a server locks as long as it runs.
    var lockPath: String { path + ".lock" }

    /// Whether anything is there.
    var exists: Bool { unsafe access(path, F_OK) == 0 }

    /// Bytes that the file system has left for this process; nil where it does not say.
    var freeBytes: Int64? {
        var report = statvfs()
        guard unsafe statvfs(path, &report) == 0 else { return nil }
        return Int64(clamping: UInt64(report.f_bavail).multipliedReportingOverflow(by: UInt64(report.f_frsize)).0)
    }

    /// Removes the file and what SQLite may have put beside it.
    func remove() {
        for suffix in ["", "-journal", "-wal", "-shm"] { _ = unsafe unlink(path + suffix) }
    }

    /// Gives the file another name, which must be free, and makes the new name durable.
    func move(to name: String) throws(StoreFailure) {
        // link(2) fails where the name is taken; rename(2) would replace what is there.
        guard unsafe link(path, name) == 0 else {
            let error = SystemError.last
            throw .unavailable(cause: "cannot create \(name): \(error)")
        }
        _ = unsafe unlink(path)
        let directory = unsafe open(Self.directory(of: name), O_RDONLY | O_CLOEXEC)
        guard directory >= 0 else { return }
        _ = fsync(directory)
        _ = close(directory)
    }

    private static func resolved(_ path: String) -> String? {
        if let whole = real(path) { return whole }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return real(directory(of: path)).map { $0 == "/" ? "/" + name : $0 + "/" + name }
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func real(_ path: String) -> String? {
        guard let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }
}
