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

    /// A follower that looks every `pause`.
    init(tail: ChangeTail, logger: Logger, pause: Duration = .milliseconds(500)) {
        self.tail = tail
        self.logger = logger
        self.pause = pause
    }

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            var position: Int64?
            while !Task.isCancelled {
                position = await step(from: position)
                try? await Task.sleep(for: pause)
            }
        }
    }

    /// Reads to the end of the log; nil, or the old position, where that failed.
    private func step(from position: Int64?) async -> Int64? {
        await withCheckedContinuation { continuation in
            thread.async {
                do throws(StoreFailure) {
                    continuation.resume(returning: try tail.advance(from: try position ?? tail.start()))
                } catch {
                    logger.error("the change log cannot be read", metadata: ["cause": "\(error.sentence)"])
                    continuation.resume(returning: position)
                }
            }
        }
    }
}
