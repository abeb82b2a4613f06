package import Domain
internal import Synchronization

/// Rate limits that all nodes share, kept in Redis 5 or later, a cluster of it, or a master that sentinels watch.
///
/// ``spend(_:)`` never connects: where there is no connection it says so at once. ``keep()``, called again and again
/// on a thread of its own, makes connections, waits longer after each failure, and lets the other nodes know of this
/// one.
package final class RedisLimits: SharedLimits {
    /// What an operator wants to hear of.
    package enum Event: Sendable {
        /// The limits can be spent; so many nodes share them.
        case up(nodes: Int)
        /// Some cannot, for this reason; so many nodes shared them.
        case down(RedisFailure, nodes: Int)
    }

    let address: RedisAddress
    let script: LimitScript
    let patience = RedisLink.Patience()
    let world: World
    /// What other nodes know this one by.
    let name: String
    /// Locked for as long as an exchange takes, which is bounded.
    let routes = Mutex(Routes())
    let pace: Mutex<Pace>
    private let counted = Atomic<Int>(1)
    private let reachable = Atomic<Bool>(false)
    private let told = Atomic<Bool>(false)
    private let observe: @Sendable (Event) -> Void

    /// Limits at an address to which nobody has connected yet.
    ///
    /// - Parameters:
    ///   - address: where Redis is.
    ///   - script: the algorithm; tests bring one with a clock of their own.
    ///   - world: the clock of the pauses between attempts, and their jitter.
    ///   - observe: told of every change between being reachable and not, on a thread that may block.
    package init(
        address: RedisAddress, script: LimitScript = LimitScript(), world: World,
        observe: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.address = address
        self.script = script
        self.world = world
        self.observe = observe
        name = world.randomBytes(8).map { String($0, radix: 16) }.joined()
        pace = Mutex(Pace())
    }

    /// Nodes that shared the limits when they were last counted; at least 1.
    package var nodes: Int { counted.load(ordering: .relaxed) }

    /// Whether all limits could be spent when this was last tried.
    package var isUp: Bool { reachable.load(ordering: .relaxed) }

    package func spend(_ spends: [LimitSpend]) -> [LimitStanding?] {
        var exchange = SpendExchange(spends, script: script)
        routes.withLock { exchange.run(on: &$0) }
        if let failure = exchange.failure { fall(failure) }
        return exchange.standings
    }

    /// Notes how many nodes there are.
    func count(_ nodes: Int) {
        counted.store(max(1, nodes), ordering: .relaxed)
    }

    /// Notes that not all limits can be spent; said once until they can again.
    func fall(_ failure: RedisFailure) {
        pace.withLock { $0.pulseNow() }
        let wasUp = reachable.exchange(false, ordering: .relaxed)
        let wasTold = told.exchange(true, ordering: .relaxed)
        if wasUp || !wasTold { observe(.down(failure, nodes: nodes)) }
    }

    /// Notes that all limits can be spent.
    func rise() {
        told.store(true, ordering: .relaxed)
        if !reachable.exchange(true, ordering: .relaxed) { observe(.up(nodes: nodes)) }
    }
}
