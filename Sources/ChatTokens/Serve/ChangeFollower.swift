internal import Dispatch
internal import Domain
internal import Logging
internal import ServiceLifecycle

/// Reads the change log again and again, so that what commands and other nodes change reaches a running server.
///
/// Where the database wakes it, it reads at once, and every second anyhow: a wake-up may be lost.
struct ChangeFollower: Service {
    private let tail: ChangeTail
    private let revocations: Revocations
    private let storage: any Storage
    private let logger: Logger
    private let world: World
    private let thread = DispatchQueue(label: "chat-tokens.change-log")

    /// Where reading begins.
    private let start: Int64

    /// Seconds between two readings where nothing can wake it, and where something does; seconds after which it looks
    /// whether it has to stop.
    private static let poll = 0.2, longestPause = 1.0, slice = 0.2

    /// A follower from the end of the log as it is now; made before anything is loaded, so that no change falls
    /// between the two.
    init(
        tail: ChangeTail, revocations: Revocations, storage: any Storage, logger: Logger, world: World
    ) throws(StoreFailure) {
        self.tail = tail
        self.revocations = revocations
        self.storage = storage
        start = try tail.start()
        self.logger = logger
        self.world = world
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
                await pause()
            }
        }
    }

    /// Waits until the log has to be read again.
    private func pause() async {
        let begun = world.monotonicNanoseconds()
        var isWoken = false
        while !isWoken, !Task.isCancelled {
            isWoken = await thread.result { storage.waitForChange(seconds: Self.slice) }
            let waited = Double(world.monotonicNanoseconds() - begun) / 1e9
            if waited >= (storage.hearsChanges ? Self.longestPause : Self.poll) { return }
        }
    }

    /// Management acts happen in other processes; this is where the server's log learns of them.
    private func log(_ changes: [Change]) {
        for change in changes {
            let subject =
                switch change.subject {
                case .tenant(let id): "tenant \(id)"
                case .apiKey(let id): "API key \(id)"
                case .user(let cutoff): "user \(cutoff.reference.text) of tenant \(cutoff.tenant)"
                case .plan(let id): "plan \(id)"
                }
            logger.info("changed", metadata: ["subject": "\(subject)", "sequence": "\(change.sequence)"])
        }
    }

    /// Reads to the end of both logs, of revocations and of changes.
    private func step(from position: Int64) async -> Result<Int64, StoreFailure> {
        await thread.result {
            Result { () throws(StoreFailure) in
                // First, since memory counts as fresh once the change log is read.
                try revocations.catchUp()
                return try tail.advance(from: position, heard: log)
            }
        }
    }
}
