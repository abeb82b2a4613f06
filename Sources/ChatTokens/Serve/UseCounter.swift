internal import Dispatch
internal import Domain
internal import Logging
internal import ServiceLifecycle

/// Stores how often API keys were used, every second and once more at the end.
struct UseCounter: Service {
    let uses: KeyUses
    let storage: any Storage
    let logger: Logger
    private let thread = DispatchQueue(label: "chat-tokens.use-counter")

    init(uses: KeyUses, storage: any Storage, logger: Logger) {
        self.uses = uses
        self.storage = storage
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(1))
                await flush()
            }
        }
        await flush()
    }

    private func flush() async {
        await thread.result {
            do throws(StoreFailure) {
                try uses.flush(into: storage)
            } catch {
                logger.debug("uses of API keys could not be stored yet", metadata: ["cause": "\(error.sentence)"])
            }
        }
    }
}
