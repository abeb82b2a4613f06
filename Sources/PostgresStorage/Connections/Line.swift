internal import Domain
internal import Synchronization

/// A connection that is made when it is needed, and made anew after it broke.
///
/// Attempts keep a growing distance, with chance in it so that nodes do not come back together; in between a caller is
/// told at once what was wrong.
final class Line: Sendable {
    private struct State: ~Copyable, Sendable {
        var connection: Connection?
        var pause: Pause
        var isClosed = false
    }

    private let state: Mutex<State>
    private let address: Address
    private let world: World

    /// A line that is not connected yet; attempts are at most `longest` milliseconds apart.
    init(_ address: Address, world: World, longest: Int64 = 500) {
        self.address = address
        self.world = world
        state = Mutex(State(connection: nil, pause: Pause(longest: longest)))
    }

    /// Runs `body` on the connection; one caller at a time.
    func use<Result: Sendable>(
        setUp: (inout Connection) throws(StoreFailure) -> Void = { _ in },
        _ body: (inout Connection) throws(StoreFailure) -> Result
    ) throws(StoreFailure) -> Result {
        try state.withLock { state throws(StoreFailure) in
            var connection = try connected(&state, setUp)
            do throws(StoreFailure) {
                let result = try body(&connection)
                if connection.isIdle { state.connection = consume connection }
                return result
            } catch {
                if connection.isIdle { state.connection = consume connection }
                throw error
            }
        }
    }

    /// Whether there is a connection, as far as is known.
    ///
    /// It is there too while it is in use; then this waits.
    var isConnected: Bool { state.withLock { $0.connection != nil } }

    /// Ends the connection once nobody uses it; afterwards every use throws `unavailable`.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.connection = nil
        }
    }

    private func connected(
        _ state: inout State, _ setUp: (inout Connection) throws(StoreFailure) -> Void
    ) throws(StoreFailure) -> Connection {
        guard !state.isClosed else { throw .unavailable(cause: "the database is closed") }
        if var connection = state.connection.take(), connection.isUsable() { return connection }
        if let cause = state.pause.cause(at: world.monotonicNanoseconds()) { throw .unavailable(cause: cause) }
        do throws(StoreFailure) {
            var connection = try Connection.open(address, world: world)
            try setUp(&connection)
            state.pause.finish()
            return connection
        } catch {
            state.pause.begin(error.cause ?? "cannot connect", world)
            throw error
        }
    }
}

/// How long to wait before the next attempt to connect.
struct Pause: Sendable {
    let longest: Int64
    private var failures = 0
    private var end: Int64 = 0
    private var cause = ""

    private static let shortest: Int64 = 20

    init(longest: Int64) {
        self.longest = longest
    }

    /// Why the latest attempt failed, while it is too soon for another.
    func cause(at now: Int64) -> String? {
        failures > 0 && now < end ? cause : nil
    }

    /// Notes an attempt that failed: the pause doubles, and is cut by up to a half by chance.
    mutating func begin(_ cause: String, _ world: World) {
        let full = min(longest, Self.shortest << Int64(min(failures, 20)))
        let chance = Int64(world.randomBytes(1).first ?? 0)
        failures += 1
        end = world.monotonicNanoseconds() + (full - full * chance / 512) * 1_000_000
        self.cause = cause
    }

    /// Notes an attempt that succeeded.
    mutating func finish() { failures = 0 }
}
