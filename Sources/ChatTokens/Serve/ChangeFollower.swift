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
            var isFailing = false
            while !Task.isCancelled {
                switch await step(from: position) {
                case .success(let reached):
                    position = reached
                    if isFailing { logger.info("the change log can be read again") }
                    isFailing = false
                case .failure(let failure):
                    // Said once, not five times a second.
                    if !isFailing {
                        logger.error("the change log cannot be read", metadata: ["cause": "\(failure.sentence)"])
                    }
                    isFailing = true
                }
                try? await Task.sleep(for: pause)
            }
        }
    }

    /// Management acts happen in other processes; this is where the server's log learns of them.
    private func log(_ changes: [Change]) {
        for change in changes {
            let subject =
                switch change.subject {
                case .tenant(let id): "tenant \(id)"
                case .apiKey(let id): "API key \(id)"
                }
            logger.info("changed", metadata: ["subject": "\(subject)", "sequence": "\(change.sequence)"])
        }
    }

    /// Reads to the end of the log.
    private func step(from position: Int64) async -> Result<Int64, StoreFailure> {
        await withCheckedContinuation { continuation in
            thread.async {
                do throws(StoreFailure) {
                    continuation.resume(returning: .success(try tail.advance(from: position, heard: log)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
    }
}
