internal import Dispatch
package import Domain
package import Logging
internal import Synchronization
internal import Tokens

/// Writes a JSON line for answers worth one, in batches, on a thread of its own.
///
/// A log line on the event loop would cost more than half a request, and a full pipe behind stderr would stop the
/// server. Lines that come faster than they can be written are dropped and counted.
package final class RequestLog: Sendable {
    private struct State {
        var lines: [UInt8] = []
        var dropped = 0
        var isScheduled = false
    }

    private let state = Mutex(State())
    private let thread = DispatchQueue(label: "chat-tokens.request-log")
    private let includesSuccesses: Bool
    private let level: Logger.Level
    private let world: World
    private let write: @Sendable ([UInt8]) -> Void
    private let mostBytes: Int
    private static let interval = DispatchTimeInterval.milliseconds(100)

    /// A log that writes through `write`.
    ///
    /// - Parameters:
    ///   - includesSuccesses: whether answers under 400 get a line too.
    ///   - level: the least severe line that is written: 5xx are errors, all others info.
    ///   - world: the clock.
    ///   - mostBytes: how much may wait to be written, give or take a line.
    ///   - write: takes whole lines; may block, and deals with its own errors: a log that cannot be written must not stop
    ///     the server.
    package init(
        includesSuccesses: Bool, level: Logger.Level = .info, world: World, mostBytes: Int = 256 * 1_024,
        write: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.includesSuccesses = includesSuccesses
        self.level = level
        self.world = world
        self.mostBytes = mostBytes
        self.write = write
    }

    /// Notes one answer.
    func note(_ answer: Answer) {
        guard includesSuccesses || answer.status >= 400, Self.level(answer.status) >= level else { return }
        var line: [UInt8] = []
        line.reserveCapacity(256)
        line.append(string: "{\"time\":\"\(world.now())\",\"level\":\"\(Self.level(answer.status).rawValue)\"")
        line.append(string: ",\"message\":\"request\",\"method\":\"\(answer.method)\",\"route\":\"\(answer.route)\"")
        line.append(string: ",\"status\":\(answer.status),\"lane\":\"\(answer.lane.rawValue)\"")
        line.append(string: ",\"microseconds\":\(answer.nanoseconds / 1_000)")
        if let code = answer.code { line.append(string: ",\"code\":\"\(code.rawValue)\"") }
        if let traceID = answer.traceID { line.append(string: ",\"traceId\":\"\(traceID)\"") }
        line.append(text: ",\"requestId\":")
        line.append(json: answer.requestID)
        line.append(text: "}\n")
        add(line)
    }

    /// Notes one act of management.
    func note(_ act: Act) {
        guard Logger.Level.info >= level else { return }
        var line: [UInt8] = []
        line.append(string: "{\"time\":\"\(world.now())\",\"level\":\"info\",\"message\":\"act\"")
        line.append(string: ",\"method\":\"\(act.route.method)\",\"route\":\"\(act.route.template)\"")
        let texts = [
            ("actor", act.actor), ("tenant", act.tenant?.text), ("target", act.target), ("requestId", act.requestID),
        ]
        for (name, text) in texts {
            guard let text else { continue }
            line.append(string: ",\"\(name)\":")
            line.append(json: text)
        }
        line.append(text: "}\n")
        add(line)
    }

    private static func level(_ status: Int) -> Logger.Level {
        status >= 500 ? .error : .info
    }

    private func add(_ line: [UInt8]) {
        let mustSchedule = state.withLock { state in
            guard state.lines.count < mostBytes else {
                state.dropped += 1
                return false
            }
            state.lines.append(contentsOf: line)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if mustSchedule { thread.asyncAfter(deadline: .now() + Self.interval) { self.flush() } }
    }

    /// Writes what has gathered; called by itself every 100 ms and once at the end.
    package func flush() {
        var (lines, dropped) = state.withLock { state in
            defer { state = State() }
            return (state.lines, state.dropped)
        }
        if dropped > 0 {
            lines.append(
                string: "{\"time\":\"\(world.now())\",\"level\":\"warning\",\"message\":\"log lines dropped\","
                    + "\"count\":\(dropped)}\n")
        }
        if !lines.isEmpty { write(lines) }
    }
}
