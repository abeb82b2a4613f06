internal import Dispatch
internal import Domain
internal import Logging
internal import ServiceLifecycle

/// Tells the database how far this node has applied the log of revocations, and has memory and database forget dead ones.
struct RevocationReporter: Service {
    private let revocations: Revocations
    private let node: String
    private let storage: any Storage
    private let logger: Logger
    private let world: World
    private let thread = DispatchQueue(label: "chat-tokens.revocation-reporter")

    /// Seconds between two looks, and between two reports where nothing came in.
    private static let pause = 1, longest: Int64 = 60

    /// A reporter for a node of this name.
    init(revocations: Revocations, node: String, storage: any Storage, logger: Logger, world: World) {
        self.revocations = revocations
        self.node = node
        self.storage = storage
        self.logger = logger
        self.world = world
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var told: (sequence: Int64, at: Int64)?
            while !Task.isCancelled {
                let sequence = revocations.tail.reached
                let now = world.monotonicNanoseconds()
                let isDue = told.map { $0.sequence != sequence || now - $0.at > Self.longest * 1_000_000_000 } ?? true
                if isDue, await report(sequence) { told = (sequence, now) }
                await thread.result { revocations.sweep() }
                try? await Task.sleep(for: .seconds(Self.pause))
            }
        }
    }

    private func report(_ sequence: Int64) async -> Bool {
        let reader = RevocationReader(kind: .node, tenant: nil, name: node, sequence: sequence, seenAt: world.now())
        return await thread.result {
            do throws(StoreFailure) {
                try storage.note(reader)
                // A few at a time: whoever never prunes has a log of bounded length all the same.
                _ = try storage.pruneRevocations(at: reader.seenAt, limit: 1_000, dryRun: false)
                return true
            } catch {
                logger.debug("the place in the log could not be stored yet", metadata: ["cause": "\(error.sentence)"])
                return false
            }
        }
    }
}
