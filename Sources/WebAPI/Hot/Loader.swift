internal import Domain
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Storage threads: they may block, event loops may not.
final class Loader: Sendable {
    private let logger: Logger
    private let threads = NIOThreadPool.singleton
    private let waiting = Atomic<Int>(0)
    /// No more requests than this wait for the database at once; the next is turned away.
    private static let mostWaiting = 1_024

    init(logger: Logger) {
        self.logger = logger
    }

    /// Does the work, then calls `then` on the loop with its result.
    func perform<Value: Sendable>(
        for loop: any EventLoop, _ work: @escaping @Sendable () throws(StoreFailure) -> Value,
        then: @escaping @Sendable (Result<Value, Failure>) -> Void
    ) {
        guard waiting.add(1, ordering: .relaxed).newValue <= Self.mostWaiting else {
            waiting.subtract(1, ordering: .relaxed)
            return then(.failure(.storageUnavailable))
        }
        threads.submit { [self] state in
            let result = state == .active ? attempt(work) : .failure(.storageUnavailable)
            waiting.subtract(1, ordering: .relaxed)
            loop.execute { then(result) }
        }
    }

    private func attempt<Value>(_ work: () throws(StoreFailure) -> Value) -> Result<Value, Failure> {
        do throws(StoreFailure) {
            return .success(try work())
        } catch {
            logger.error("cannot read from the database", metadata: ["cause": "\(error)"])
            return .failure(.storageUnavailable)
        }
    }
}
