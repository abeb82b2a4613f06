internal import Dispatch
internal import Domain
internal import Synchronization

/// A few lines, each used by one caller at a time; the one used last is used next, so that few are open at low load.
final class Pool: Sendable {
    private let lines: [Line]
    private let free: Mutex<[Int]>
    private let places: DispatchSemaphore
    private let patience: Double

    /// A pool of `size` lines; a caller waits at most `patience` seconds for one.
    init(_ address: Address, world: World, size: Int, patience: Double = Connection.patience) {
        lines = (0..<size).map { _ in Line(address, world: world) }
        free = Mutex(Array(0..<size))
        places = DispatchSemaphore(value: size)
        self.patience = patience
    }

    /// Runs `body` on a connection.
    func use<Result: Sendable>(
        _ body: (inout Connection) throws(StoreFailure) -> Result
    ) throws(StoreFailure) -> Result {
        guard places.wait(timeout: .now() + patience) == .success else {
            throw .unavailable(cause: "every connection is busy")
        }
        defer { places.signal() }
        guard let index = free.withLock({ $0.popLast() }) else {
            throw .unavailable(cause: "every connection is busy")
        }
        defer { free.withLock { $0.append(index) } }
        return try lines[index].use(body)
    }

    /// Ends every connection once nobody uses it.
    func close() {
        for line in lines { line.close() }
    }
}
