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

    init(_ work: PasswordWork) {
        self.work = work
        threads = NIOThreadPool(numberOfThreads: max(1, work.threads))
        threads.start()
    }

    /// Ends the threads after what they are doing.
    func stop() async throws { try await threads.shutdownGracefully() }

    /// What the work returns, done on one of these threads; throws `overloaded` where too many wait.
    func callAsFunction<Value: Sendable>(
        _ body: @escaping @Sendable () throws(TokenFailure) -> Value
    ) async throws(Failure) -> Value {
        let count = waiting.add(1, ordering: .relaxed).newValue
        defer { waiting.subtract(1, ordering: .relaxed) }
        guard count <= work.capacity + work.threads else {
            // About what it takes to hash a quarter of those that wait.
            throw .overloaded(retryAfter: Int64(max(1, work.capacity / work.threads / 16)))
        }
        let result = await withCheckedContinuation { (continuation: CheckedContinuation<Value?, Never>) in
            threads.submit { state in
                guard state == .active else { return continuation.resume(returning: nil) }
                Self.stepBack()
                continuation.resume(returning: try? body())
            }
        }
        guard let result else { throw .internalError }
        return result
    }

    /// Lowers the priority of this thread for good; on Linux it is the thread's own, elsewhere the process's.
    private static func stepBack() {
        #if os(Linux)
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
        #endif
    }
}
