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

    package var hearsChanges: Bool { bell.isConnected }

    private static func listen(_ connection: inout Connection) throws(StoreFailure) {
        try connection.exchange([Statement("LISTEN \(channel)")])
    }

    private func left(until end: Int64) -> Int {
        Int(max(0, (end - world.monotonicNanoseconds() + 999_999) / 1_000_000))
    }
}
