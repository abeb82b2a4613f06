internal import Dispatch
internal import Domain
internal import Logging
internal import ServiceLifecycle

/// Stores security events in the audit log, every few seconds and once more at the end.
struct EventRecorder: Service {
    let events: SecurityEvents
    let storage: any Storage
    let world: World
    let logger: Logger
    private let thread = DispatchQueue(label: "chat-tokens.event-recorder")

    init(events: SecurityEvents, storage: any Storage, world: World, logger: Logger) {
        self.events = events
        self.storage = storage
        self.world = world
        self.logger = logger
    }

    func run() async throws {
        await thread.untilShutdown(every: .seconds(3)) { flush(isLast: false) }
        await thread.result { flush(isLast: true) }
    }

    private func flush(isLast: Bool) {
        do throws(StoreFailure) {
            try events.flush(into: storage, now: world.monotonicNanoseconds(), isLast: isLast)
        } catch {
            logger.warning("security events could not be stored yet", metadata: ["cause": "\(error.sentence)"])
        }
    }
}
