import Foundation
import RedisLimits
import Testing
import TestSupport

/// A redis-server of a test's own, on a loopback port that nobody uses, in a folder that goes with it.
final class RedisServer {
    let port: Int
    private let folder: URL
    private let arguments: [String]
    private var process = Process()

    /// Where it is missing, tests that need one are skipped; with CI set they run, and fail.
    static let isExpected = path(of: "redis-server") != nil || ProcessInfo.processInfo.environment["CI"] != nil

    convenience init(_ arguments: String..., port: Int? = nil) throws {
        try self.init(arguments: ["--save", ""] + arguments, port: try port ?? Self.freePort())
    }

    /// A sentinel with such a configuration file.
    convenience init(sentinel file: URL) throws {
        try self.init(arguments: [file.path, "--sentinel"], port: Self.freePort())
    }

    private init(arguments: [String], port: Int) throws {
        self.port = port
        self.arguments = arguments
        folder = FileManager.default.temporaryDirectory.appending(path: "chat-tokens-redis-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try start()
    }

    deinit {
        resume()
        kill()
        try? FileManager.default.removeItem(at: folder)
    }

    var url: String { "redis://127.0.0.1:\(port)" }
    var address: RedisAddress { get throws { try #require(RedisAddress(url)) } }

    /// Starts it anew, with nothing in its memory, and waits until it accepts connections.
    func start() throws {
        process = Process()
        process.executableURL = try Self.existing("redis-server")
        // A configuration file, if there is one, comes before the options.
        let file = arguments.filter { $0.hasSuffix(".conf") }
        process.arguments =
            file + ["--port", "\(port)", "--bind", "127.0.0.1", "--dir", folder.path]
            + arguments.filter { !file.contains($0) }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        try blockUntil {
            guard process.isRunning else { throw Ended() }
            return try LoopbackSocket().connects(to: port)
        }
    }

    /// SIGKILL: gone without a word.
    func kill() {
        guard process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// SIGSTOP: the kernel still accepts connections, nobody answers.
    func freeze() { Foundation.kill(process.processIdentifier, SIGSTOP) }
    func resume() { Foundation.kill(process.processIdentifier, SIGCONT) }

    /// What redis-cli prints for a command.
    @discardableResult
    func command(_ words: String...) throws -> String { try Self.command(port, words) }

    @discardableResult
    static func command(_ port: Int, _ words: String...) throws -> String { try command(port, words) }

    static func command(_ port: Int, _ words: [String]) throws -> String {
        try run("redis-cli", ["-h", "127.0.0.1", "-p", "\(port)"] + words)
    }

    /// What a program prints.
    static func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = try existing(program)
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: text, as: UTF8.self)
    }

    private static func path(of program: String) -> URL? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":") + ["/usr/bin"]
        return folders.map { URL(filePath: "\($0)/\(program)") }.first {
            FileManager.default.isExecutableFile(atPath: $0.path)
        }
    }

    private struct Missing: Error {
        let program: String
    }

    /// The server ended right after its start.
    private struct Ended: Error {}

    private static func existing(_ program: String) throws -> URL {
        guard let url = path(of: program) else { throw Missing(program: program) }
        return url
    }

    static func freePort() throws -> Int {
        let socket = try LoopbackSocket()
        return try socket.bind()
    }
}

/// A TCP socket that goes with its owner.
struct LoopbackSocket: ~Copyable {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)

    private struct Failed: Error {
        let number: Int32
    }

    init() throws {
        guard descriptor >= 0 else { throw Failed(number: errno) }
    }

    deinit {
        close(descriptor)
    }

    /// Whether somebody listens on the port.
    func connects(to port: Int) -> Bool {
        (try? unsafe with(port) { unsafe connect(descriptor, $0, $1) == 0 }) ?? false
    }

    /// Takes a port that nobody has; it is free again when the socket goes.
    func bind() throws -> Int {
        try unsafe with(0) { address, length in
            var size = length
            guard unsafe Glibc.bind(descriptor, address, length) == 0,
                unsafe getsockname(descriptor, address, &size) == 0
            else { throw Failed(number: errno) }
            return unsafe address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                unsafe Int(UInt16(bigEndian: $0.pointee.sin_port))
            }
        }
    }

    private func with<Value>(
        _ port: Int, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) throws -> Value
    ) throws -> Value {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        unsafe address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = UInt16(port).bigEndian
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return try unsafe withUnsafeMutablePointer(to: &address) { pointer in
            try unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { try unsafe body($0, length) }
        }
    }
}
