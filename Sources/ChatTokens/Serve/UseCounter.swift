internal import Dispatch
internal import Domain
internal import Logging
internal import ServiceLifecycle

/// Stores how often API keys were used, and what tenants used, every second and once more at the end.
struct UseCounter: Service {
    let uses: KeyUses
    let tallies: UsageTallies
    let storage: any Storage
    let logger: Logger
    let world: World
    private let thread = DispatchQueue(label: "chat-tokens.use-counter")

    init(directory: Directory, storage: any Storage, logger: Logger, world: World) {
        uses = directory.uses
        tallies = directory.tallies
        self.storage = storage
        self.logger = logger
        self.world = world
    }

    func run() async throws {
        await thread.untilShutdown(every: .seconds(1)) { flush() }
        // What was counted while the last of it was being stored.
        await thread.result { flush() }
    }

    private func flush() {
        do throws(StoreFailure) {
            try uses.flush(into: storage)
        } catch {
            logger.debug("uses of API keys could not be stored yet", metadata: ["cause": "\(error.sentence)"])
        }
        do throws(StoreFailure) {
            try tallies.flush(into: storage, at: world.now())
        } catch {
            logger.debug("usage could not be stored yet", metadata: ["cause": "\(error.sentence)"])
        }
    }
}
