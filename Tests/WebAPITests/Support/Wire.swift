import Foundation
import Glibc

/// A TCP connection on which a test writes and reads bytes as it likes; blocks, so it is used on a thread of its own.
final class Wire {
    private let descriptor: Int32
    private var pending: [UInt8] = []

    struct Broken: Error {
        let cause: String

        /// The call that failed just now, and why.
        static func call(_ name: String) -> Broken {
            Broken(cause: "\(name): \(unsafe String(cString: strerror(errno)))")
        }
    }

    /// Seconds without a byte after which reading gives up: more than other tests keep all cores and threads.
    static let patience = 60

    /// Connects to a port of this machine.
    init(port: Int, patience: Int = Wire.patience) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Broken.call("socket") }
        var time = timeval(tv_sec: patience, tv_usec: 0)
        _ = unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            let broken = Broken.call("connect")
            _ = close(descriptor)
            throw broken
        }
    }

    deinit { _ = close(descriptor) }

    /// Writes all the bytes.
    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.send(
                    descriptor, buffer.baseAddress.map { unsafe $0 + sent }, buffer.count - sent,
                    Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Broken.call("send") }
            sent += count
        }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// The client has no more to say.
    func finishSending() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    /// The next answer; nil where the server ended the connection instead.
    func answer(toHead isHead: Bool = false) throws -> HTTPAnswer? {
        while true {
            if let end = pending.firstRange(of: Array("\r\n\r\n".utf8)) {
                var answer = HTTPAnswer(head: pending[..<end.lowerBound])
                pending.removeFirst(end.upperBound)
                if answer.status == 100 { return answer }
                let length =
                    isHead || answer.status == 204 || answer.status == 304
                    ? 0 : Int(answer["content-length"] ?? "0") ?? 0
                while pending.count < length {
                    guard try fill() else { throw Broken(cause: "an answer ends in its body") }
                }
                answer.body = Array(pending.prefix(length))
                pending.removeFirst(length)
                return answer
            }
            guard try fill() else {
                guard pending.isEmpty else { throw Broken(cause: "an answer ends in its head") }
                return nil
            }
        }
    }

    /// What comes until the text does.
    func text(until end: String) throws -> String {
        while true {
            let text = String(decoding: pending, as: UTF8.self)
            if text.contains(end) { return text }
            guard try fill() else { throw Broken(cause: "it ended before \(end)") }
        }
    }

    /// Whether there is something to read, now or soon.
    func hasInput(withinMilliseconds patience: Int32) -> Bool {
        var events = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe !pending.isEmpty || poll(&events, 1, patience) > 0
    }

    /// Whether the server ends the connection without another byte, before the patience ends.
    func isClosed() throws -> Bool { try pending.isEmpty && !fill() }

    private func fill() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 || errno == ECONNRESET else { throw Broken.call("recv") }
        if count > 0 { pending.append(contentsOf: buffer.prefix(count)) }
        return count > 0
    }
}

/// An answer as it came over the wire.
struct HTTPAnswer: Sendable {
    let status: Int
    let reason: String
    let fields: [(name: String, value: String)]
    var body: [UInt8] = []

    init(head: ArraySlice<UInt8>) {
        let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
        let start = (lines.first ?? "").split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        status = start.count > 1 ? Int(start[1]) ?? 0 : 0
        reason = start.count > 2 ? String(start[2]) : ""
        fields = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (parts[0].lowercased(), (parts.last ?? "").trimmingCharacters(in: .whitespaces))
        }
    }

    /// The value of a field; several of one name are joined by commas.
    subscript(name: String) -> String? {
        let values = fields.filter { $0.name == name }.map(\.value)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    var text: String { String(decoding: body, as: UTF8.self) }
}

/// Runs blocking work on a thread of its own, so that it never holds up the server's tasks.
func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
    }
}
