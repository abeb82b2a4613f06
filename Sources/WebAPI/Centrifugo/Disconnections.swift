package import Domain
package import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Has Centrifugo end the connections of users whose tokens were revoked.
///
/// What is asked for waits in a bounded queue and is tried again until Centrifugo has done it, for about ten minutes: a
/// revocation is in force whether or not Centrifugo can be reached, and never waits for it. What is left undone, also
/// because the server stops or the queue is full, is said in the log.
package final class Disconnections: Service {
    /// What was revoked, which decides whether clients are to come back.
    package enum Extent: Sendable, Hashable {
        /// Every token of the user: clients give up.
        case user
        /// One grant: the user's other clients come back at once, and the one that lost its token is refused.
        case grant

        var code: Int64 {
            switch self {
            case .user: 4_501
            case .grant: 4_402
            }
        }
    }

    /// What became of a call.
    package enum Outcome: String, Sendable, CaseIterable {
        /// Centrifugo has done it.
        case done
        /// It was tried for the longest time.
        case abandoned
        /// The queue was full.
        case dropped
    }

    private struct Call: Sendable, Hashable {
        let tenant: Tenant.ID, user: User.ID
        let extent: Extent
    }

    private struct State {
        /// Those that no attempt is under way for: a user who is revoked twice meanwhile is told of once.
        var waiting: Set<Call> = []
        var underWay = 0

        var depth: Int { waiting.count + underWay }
    }

    private let api: CentrifugoAPI
    private let world: World
    private let logger: Logger
    private let observe: @Sendable (Outcome) -> Void
    private let queue: AsyncStream<Call>
    private let entrance: AsyncStream<Call>.Continuation
    private let state = Mutex(State())

    private static let reason = "token_revoked"
    /// Calls that wait or are tried, and those that are tried in turns with their pauses at the same time.
    private static let capacity = 10_000, mostAtOnce = 64
    /// Attempts; milliseconds after the first, and at most.
    private static let mostAttempts = 150, firstPause = 100, longestPause = 5_000

    /// A queue before this Centrifugo; `observe` is told what became of each call.
    ///
    /// A call that is not answered within its patience, once there is a connection, is made again.
    package init(
        address: CentrifugoAddress, key: String, patienceMilliseconds: Int64 = 5_000, world: World, logger: Logger,
        observe: @escaping @Sendable (Outcome) -> Void = { _ in }
    ) {
        api = CentrifugoAPI(address: address, key: key, patienceMilliseconds: patienceMilliseconds)
        self.world = world
        self.logger = logger
        self.observe = observe
        (queue, entrance) = AsyncStream.makeStream()
    }

    /// Calls that are not done yet.
    package var depth: Int { state.withLock(\.depth) }

    /// Asks that the connections of a user be ended; returns at once.
    package func end(_ user: User.ID, of tenant: Tenant.ID, _ extent: Extent) {
        let call = Call(tenant: tenant, user: user, extent: extent)
        let isNew: Bool? = state.withLock { state in
            state.depth < Self.capacity ? state.waiting.insert(call).inserted : nil
        }
        switch isNew {
        case true?: entrance.yield(call)
        case false?: break
        case nil:
            logger.error("too many connections wait to be ended at Centrifugo: one was left out")
            observe(.dropped)
        }
    }

    /// Works through the queue until the server stops.
    package func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            await withTaskGroup(of: Void.self) { group in
                var running = 0
                for await call in queue {
                    if running == Self.mostAtOnce {
                        await group.next()
                        running -= 1
                    }
                    group.addTask(priority: nil) { await self.deliver(call) }
                    running += 1
                }
            }
        }
        let rest = depth
        if rest > 0 { logger.warning("connections were not ended at Centrifugo", metadata: ["count": "\(rest)"]) }
    }

    private func deliver(_ call: Call) async {
        var pause = Self.firstPause
        for attempt in 1...Self.mostAttempts {
            state.withLock { state in
                state.waiting.remove(call)
                state.underWay += 1
            }
            let trouble = await attemptOnce(call)
            guard let trouble, attempt < Self.mostAttempts else {
                state.withLock { $0.underWay -= 1 }
                if let trouble { complain(trouble) }
                return observe(trouble == nil ? .done : .abandoned)
            }
            if attempt == 1 { complain(trouble) }
            let isLast = state.withLock { state in
                state.underWay -= 1
                return state.waiting.insert(call).inserted
            }
            // Somebody has asked for the same meanwhile, and will see to it.
            guard isLast else { return }
            guard (try? await Task.sleep(for: .milliseconds(some(of: pause)))) != nil else { return }
            pause = min(pause * 2, Self.longestPause)
        }
    }

    private func attemptOnce(_ call: Call) async -> CentrifugoAPI.Trouble? {
        do throws(CentrifugoAPI.Trouble) {
            try await api.disconnect(call.user, of: call.tenant, code: call.extent.code, reason: Self.reason)
            return nil
        } catch {
            return error
        }
    }

    /// Between half and all of the pause, so that what failed together does not come again together.
    private func some(of pause: Int) -> Int {
        pause / 2 + pause * Int(world.randomBytes(1)[0]) / 510
    }

    private func complain(_ trouble: CentrifugoAPI.Trouble) {
        let cause =
            switch trouble {
            case .unreachable(let what): what
            case .status(let status): "HTTP status \(status)"
            case .refused(let code, let message): "error \(code): \(message.prefix(100))"
            }
        logger.error("Centrifugo did not end a user's connections", metadata: ["cause": "\(cause)"])
    }
}
