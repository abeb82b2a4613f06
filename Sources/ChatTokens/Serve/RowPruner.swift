internal import Dispatch
internal import Domain
internal import Logging
internal import ServiceLifecycle

/// Deletes grants that can no longer be refreshed and answers that are no longer kept, a few at a time, once a minute.
struct RowPruner: Service {
    private let storage: any Storage
    private let world: World
    private let logger: Logger
    private let thread = DispatchQueue(label: "chat-tokens.row-pruner")
    /// Rows of one transaction: it must not hold up those who issue.
    private static let atOnce = 500
    /// Transactions in a row: whoever shuts down waits for the last of them.
    private static let mostTimes = 400

    init(storage: any Storage, world: World, logger: Logger) {
        self.storage = storage
        self.world = world
        self.logger = logger
    }

    func run() async throws {
        await thread.untilShutdown(every: .seconds(60)) {
            for _ in 0..<Self.mostTimes where prune() < Self.atOnce { return }
        }
    }

    /// The most rows that were deleted of one kind; fewer than ``atOnce``: there are no more.
    private func prune() -> Int64 {
        do throws(StoreFailure) {
            let now = world.now()
            return max(
                try storage.pruneRefreshing(at: now, limit: Self.atOnce, dryRun: false),
                try storage.pruneAnswers(at: now, limit: Self.atOnce, dryRun: false))
        } catch {
            logger.debug("dead rows could not be deleted yet", metadata: ["cause": "\(error.sentence)"])
            return 0
        }
    }
}
