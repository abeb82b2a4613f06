internal import Domain
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Loads into the directory what a request missed, on threads that may block, and then lets the request go on.
final class Loader: Sendable {
    private let directory: Directory
    private let logger: Logger
    private let threads: NIOThreadPool
    private let waiting = Atomic<Int>(0)
    /// More requests than this do not wait for the database at once; the next is turned away.
    private static let mostWaiting = 1_024

    init(directory: Directory, logger: Logger) {
        self.directory = directory
        self.logger = logger
        threads = NIOThreadPool(numberOfThreads: 2)
        threads.start()
    }

    /// Loads, then calls `then` on the loop; nil means it worked.
    func load(_ want: Directory.Want, for loop: any EventLoop, then: @escaping @Sendable (Failure?) -> Void) {
        guard waiting.add(1, ordering: .relaxed).newValue <= Self.mostWaiting else {
            waiting.subtract(1, ordering: .relaxed)
            return then(.storageUnavailable)
        }
        threads.submit { [self] state in
            let failure = state == .active ? attempt(want) : .storageUnavailable
            waiting.subtract(1, ordering: .relaxed)
            loop.execute { then(failure) }
        }
    }

    private func attempt(_ want: Directory.Want) -> Failure? {
        do throws(StoreFailure) {
            try directory.load(want)
            return nil
        } catch {
            logger.error("cannot load from the database", metadata: ["cause": "\(error)"])
            return .storageUnavailable
        }
    }
}
