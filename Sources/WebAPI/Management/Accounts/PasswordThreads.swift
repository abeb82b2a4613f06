internal import Domain
internal import NIOPosix
internal import Synchronization
package import Tokens

#if canImport(Glibc)
    internal import Glibc
#endif

/// How much the hashing of passwords may take.
package struct PasswordWork: Sendable {
    /// What one hash costs.
    package var cost: Scrypt.Cost
    /// Threads that hash; each takes up to 32 MiB at the standard cost.
    package var threads: Int
    /// Passwords that may wait for a thread; beyond, logins are refused with 503.
    package var capacity: Int

    /// One thread and the standard cost unless given.
    package init(cost: Scrypt.Cost = .standard, threads: Int = 1, capacity: Int = 32) {
        self.cost = cost
        self.threads = threads
        self.capacity = capacity
    }
}

/// Threads that hash passwords and do nothing else, at the lowest priority: however many want to log in, who asks for
/// tokens does not wait for them.
final class PasswordThreads: Sendable {
    let work: PasswordWork
    private let threads: NIOThreadPool
    private let waiting = Atomic<Int>(0)
    /// How many of those that wait or are served come from each network.
    private let shares = Mutex<[String: Int]>([:])
    private let world: World
    /// Nanoseconds after which nobody waits for an answer any more, so that the work is left undone.
    private static let patience: Int64 = 10_000_000_000

    init(_ work: PasswordWork, world: World) {
        self.work = work
        self.world = world
        threads = NIOThreadPool(numberOfThreads: max(1, work.threads))
        threads.start()
    }

    /// Ends the threads after what they are doing.
    func stop() async throws { try await threads.shutdownGracefully() }

    /// What the work returns, done on one of these threads; throws `overloaded` where too many wait, or too many from
    /// the same network: nobody can keep all others out.
    func callAsFunction<Value: Sendable>(
        for network: String, _ body: @escaping @Sendable () throws(TokenFailure) -> Value
    ) async throws(Failure) -> Value {
        guard enter(network) else { throw overloaded }
        defer { leave(network) }
        let count = waiting.add(1, ordering: .relaxed).newValue
        defer { waiting.subtract(1, ordering: .relaxed) }
        guard count <= work.capacity + work.threads else {
            throw overloaded
        }
        let start = world.monotonicNanoseconds()
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Value, Failure>, Never>) in
            threads.submit { [self] state in
                guard state == .active, world.monotonicNanoseconds() - start < Self.patience else {
                    return continuation.resume(returning: .failure(overloaded))
                }
                Self.stepBack()
                let value = try? body()
                continuation.resume(returning: value.map { .success($0) } ?? .failure(.internalError))
            }
        }
        return try result.get()
    }

    /// Takes a place for the network; false where it has its share.
    private func enter(_ network: String) -> Bool {
        shares.withLock { shares in
            guard shares[network, default: 0] < max(1, work.capacity / 8) else { return false }
            shares[network, default: 0] += 1
            return true
        }
    }

    private func leave(_ network: String) {
        shares.withLock { shares in
            let left = (shares[network] ?? 1) - 1
            shares[network] = left == 0 ? nil : left
        }
    }

    /// Comes back when about a quarter of those that wait have had their turn.
    private var overloaded: Failure {
        .overloaded(retryAfter: Int64(max(1, work.capacity / work.threads / 16)))
    }

    /// Lowers the priority of this thread for good; on Linux it is the thread's own, elsewhere the process's.
    private static func stepBack() {
        #if os(Linux)
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
        #endif
    }
}
