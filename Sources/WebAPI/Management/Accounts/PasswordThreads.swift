internal import Domain
internal import Logging
internal import NIOPosix
internal import Synchronization
package import Tokens

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
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

/// Threads that hash passwords and do nothing else, at a low priority and with pauses where many wait: however many want
/// to log in, who asks for tokens does not wait for them.
final class PasswordThreads: Sendable {
    let work: PasswordWork
    private let threads: NIOThreadPool
    private let queue = Mutex(Queue())
    private let world: World
    private let logger: Logger
    /// Whether the log has been told that threads cannot step back.
    private let hasComplained = Mutex(false)
    /// Nanoseconds after which nobody waits for an answer any more, so that the work is left undone.
    private static let patience: Int64 = 10_000_000_000

    /// Those that wait or are served.
    private struct Queue {
        var count = 0
        /// How many of them come from each network.
        var shares: [String: Int] = [:]
    }

    init(_ work: PasswordWork, world: World, logger: Logger) {
        self.work = work
        self.world = world
        self.logger = logger
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
        let asked = world.monotonicNanoseconds()
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Value, Failure>, Never>) in
            threads.submit { [self] state in
                let start = world.monotonicNanoseconds()
                guard state == .active, start - asked < Self.patience else {
                    return continuation.resume(returning: .failure(overloaded))
                }
                stepBack()
                let value = try? body()
                continuation.resume(returning: value.map { .success($0) } ?? .failure(.internalError))
                rest(after: world.monotonicNanoseconds() - start)
            }
        }
        return try result.get()
    }

    /// Takes a place for the network; false where it has its share or where no place is left.
    private func enter(_ network: String) -> Bool {
        queue.withLock { queue in
            guard queue.count < work.capacity + work.threads,
                queue.shares[network, default: 0] < max(1, work.capacity / 8)
            else { return false }
            queue.count += 1
            queue.shares[network, default: 0] += 1
            return true
        }
    }

    private func leave(_ network: String) {
        queue.withLock { queue in
            queue.count -= 1
            let left = (queue.shares[network] ?? 1) - 1
            queue.shares[network] = left == 0 ? nil : left
        }
    }

    /// Lets this thread sleep for nine times as long as it has worked, a second at most, where others wait.
    ///
    /// Hashing crowds the memory all cores share, which no priority prevents. A storm of logins takes a tenth of a core.
    private func rest(after nanoseconds: Int64) {
        guard queue.withLock({ $0.count }) > work.threads else { return }
        usleep(UInt32(clamping: min(9 * nanoseconds / 1_000, 1_000_000)))
    }

    /// Comes back when about a quarter of those that wait have had their turn.
    private var overloaded: Failure {
        .overloaded(retryAfter: Int64(max(1, work.capacity / work.threads / 6)))
    }

    /// Lowers the priority of this thread for good, to a tenth of the usual share where all cores are busy; on Linux it
    /// is the thread's own, elsewhere the process's.
    private func stepBack() {
        #if os(Linux)
            guard setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10) != 0 else { return }
            let error = unsafe String(cString: strerror(errno))
            let isFirst = hasComplained.withLock { complained in
                defer { complained = true }
                return !complained
            }
            guard isFirst else { return }
            logger.warning(
                "passwords are hashed at the priority of requests, which they slow down: setpriority is refused",
                metadata: ["cause": "\(error)"])
        #endif
    }
}
