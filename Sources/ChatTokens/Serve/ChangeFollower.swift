internal import Dispatch
internal import Domain
internal import Logging
internal import ServiceLifecycle

/// Reads the change log again and again, so that what the CLI changes reaches a running server.
struct ChangeFollower: Service {
    private let tail: ChangeTail
    private let logger: Logger
    private let pause: Duration
    private let thread = DispatchQueue(label: "chat-tokens.change-log")

    /// Where reading begins.
    private let start: Int64

    /// A follower that looks every `pause`, from the end of the log as it is now; made before anything is loaded, so
    /// that no change falls between the two.
    init(tail: ChangeTail, logger: Logger, pause: Duration = .milliseconds(200)) throws(StoreFailure) {
        self.tail = tail
        start = try tail.start()
        self.logger = logger
        self.pause = pause
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var position = start
            while !Task.isCancelled {
                position = await step(from: position)
                try? await Task.sleep(for: pause)
            }
        }
    }

    /// Reads to the end of the log; the old position where that failed.
    private func step(from position: Int64) async -> Int64 {
        await withCheckedContinuation { continuation in
            thread.async {
                do throws(StoreFailure) {
                    continuation.resume(returning: try tail.advance(from: position))
                } catch {
                    logger.error("the change log cannot be read", metadata: ["cause": "\(error.sentence)"])
                    continuation.resume(returning: position)
                }
            }
        }
    }
}
