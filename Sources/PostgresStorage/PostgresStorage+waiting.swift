internal import Domain

extension PostgresStorage {
    package func waitForChange(seconds: Double) -> Bool {
        let end = world.monotonicNanoseconds() + Int64(seconds * 1e9)
        do throws(StoreFailure) {
            return try bell.use(setUp: Self.listen) { connection throws(StoreFailure) in
                try connection.notified(within: left(until: end))
            }
        } catch {
            // Without the bell this is a timer.
            Socket.pause(milliseconds: left(until: end))
            return false
        }
    }

    /// Whether a connection listens, as far as is known; behind a pooler none does.
    package var hearsChanges: Bool { bell.isConnected }

    /// A pooler says yes to LISTEN and never tells, while another of its clients gets what was not meant for it.
    private static func listen(_ connection: inout Connection) throws(StoreFailure) {
        var process: Int64 = 0
        try connection.exchange([Statement("SELECT pg_backend_pid()::bigint")]) { _, answer throws(StoreFailure) in
            process = try answer.row { row throws(StoreFailure) in try row.number(0) } ?? 0
        }
        connection.meet(processNumber: process)
        guard connection.isDirect else { throw .unavailable(cause: "a pooler is in between") }
        try connection.exchange([Statement("LISTEN \(channel)")])
    }

    private func left(until end: Int64) -> Int {
        Int(max(0, (end - world.monotonicNanoseconds() + 999_999) / 1_000_000))
    }
}
