internal import CHiredis
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// One connection to one Redis server; every wait on it is bounded.
///
/// Its methods block. After a failure the connection is of no more use: an answer that comes late would be taken for
/// that of the next command.
final class RedisLink: Sendable {
    let endpoint: RedisEndpoint
    private let context: Mutex<Context>

    /// How long to wait for a connection, and for each answer.
    struct Patience: Sendable {
        var connectMilliseconds = 500
        var answerMilliseconds = 250
    }

    /// Connects.
    init(to endpoint: RedisEndpoint, patience: Patience) throws(RedisFailure) {
        self.endpoint = endpoint
        context = Mutex(try Context(endpoint, patience))
    }

    /// Sends commands without waiting for their answers.
    func send(_ commands: borrowing RedisCommands) throws(RedisFailure) {
        let bytes = commands.bytes
        let cause = context.withLock { $0.send(bytes) }
        if let cause { throw .silent(endpoint, cause: cause) }
    }

    /// Waits for the next answer.
    func receive() throws(RedisFailure) -> RedisReply {
        switch context.withLock({ $0.receive() }) {
        case .success(let reply): return reply
        case .failure(let silence): throw .silent(endpoint, cause: silence.cause)
        }
    }

    /// Sends a command and waits for its answer; an error is thrown.
    func ask(_ words: String...) throws(RedisFailure) -> RedisReply {
        var commands = RedisCommands()
        commands.append(words)
        try send(commands)
        let reply = try receive()
        if case .error(let text) = reply { throw .refused(endpoint, text: text) }
        return reply
    }
}

/// Why nothing came.
private struct Silence: Error {
    let cause: String
}

/// The connection of hiredis; closed when it goes.
@safe
private struct Context: ~Copyable {
    private let pointer: UnsafeMutablePointer<redisContext>

    init(_ endpoint: RedisEndpoint, _ patience: RedisLink.Patience) throws(RedisFailure) {
        guard
            let made = unsafe redisConnectWithTimeout(
                endpoint.host, Int32(endpoint.port), timeval(milliseconds: patience.connectMilliseconds))
        else { throw .unreachable(endpoint, cause: "out of memory") }
        // A peer that vanished without a word is found out also while nothing is asked.
        let isFit =
            unsafe made.pointee.err == 0
            && redisSetTimeout(made, timeval(milliseconds: patience.answerMilliseconds)) == REDIS_OK
            && redisEnableKeepAlive(made) == REDIS_OK
        guard isFit else {
            let cause = unsafe Self.complaint(of: made)
            unsafe redisFree(made)
            throw .unreachable(endpoint, cause: cause)
        }
        unsafe pointer = made
    }

    deinit {
        unsafe redisFree(pointer)
    }

    /// Writes all bytes; says why where that fails.
    mutating func send(_ bytes: [UInt8]) -> String? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = unsafe rest.withUnsafeBytes { unsafe Self.write($0, to: pointer.pointee.fd) }
            if sent > 0 {
                rest = rest.dropFirst(sent)
            } else if errno != EINTR {
                return Self.words(errno)
            }
        }
        return nil
    }

    /// hiredis would write so that a connection which the server has closed ends the process with SIGPIPE.
    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int {
        #if canImport(Glibc)
            unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        #else
            unsafe Darwin.send(descriptor, bytes.baseAddress, bytes.count, MSG_NOSIGNAL)
        #endif
    }

    mutating func receive() -> Result<RedisReply, Silence> {
        var found: UnsafeMutableRawPointer?
        guard unsafe redisGetReply(pointer, &found) == REDIS_OK, let reply = unsafe found else {
            return unsafe .failure(Silence(cause: Self.complaint(of: pointer)))
        }
        defer { unsafe freeReplyObject(reply) }
        return unsafe .success(RedisReply(copying: reply.assumingMemoryBound(to: redisReply.self)))
    }

    /// What hiredis says of the last failure.
    private static func complaint(of context: UnsafeMutablePointer<redisContext>) -> String {
        let text = unsafe withUnsafeBytes(of: context.pointee.errstr) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        // A read that waited as long as it may ends so.
        return text == words(EAGAIN) ? "no answer in time" : text
    }

    private static func words(_ number: Int32) -> String {
        unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
    }
}

extension timeval {
    fileprivate init(milliseconds: Int) {
        self.init(tv_sec: milliseconds / 1_000, tv_usec: milliseconds % 1_000 * 1_000)
    }
}
