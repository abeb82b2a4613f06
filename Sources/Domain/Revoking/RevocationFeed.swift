internal import Dispatch
internal import Synchronization

/// The newest part of the log in memory, and those who wait for more of it.
///
/// Nobody has a buffer of his own: who falls behind what is held here reads the database. What comes in quick
/// succession is told together, every 20 ms, so that hundreds of listeners cost no more than a few.
package final class RevocationFeed: Sendable {
    private struct Waiter {
        let tenant: Tenant.ID?
        /// The tick with which its time is over.
        let lastTick: Int64
        let resume: CheckedContinuation<Void, Never>
    }

    private struct State {
        /// The place after which everything is in ``recent`` or ``pending``; nil: the log was not read yet.
        var floor: Int64?
        var recent: [RevocationDelta] = []
        var held = 0
        var pending: [Revocation] = []
        var newest: Int64 = 0
        var sealedAt: Int64 = .min / 2
        var isSealing = false
        var waiters: [UInt64: Waiter] = [:]
        var lastWaiter: UInt64 = 0
        var isTicking = false
        /// Half seconds in which somebody waited.
        var ticks: Int64 = 0
        var listeners: [Tenant.ID?: Int] = [:]
        var listenerCount = 0
        var isFinished = false

        /// Drops the oldest deltas: who wants them reads the database.
        mutating func drop(upTo count: Int) {
            held -= recent[..<count].reduce(0) { $0 + $1.count(of: nil) }
            floor = recent[count - 1].through
            recent.removeFirst(count)
        }

        /// A user who is told by a hash from now on may be erased: nothing that is held names him any longer.
        mutating func forget(_ revocation: Revocation) {
            guard case .userHash(let reference) = revocation.subject else { return }
            let isMeant = { (other: Revocation) in
                guard case .user(let user) = other.subject, other.tenant == revocation.tenant else { return false }
                return UserReference(other.tenant, user) == reference
            }
            pending.removeAll(where: isMeant)
            let last = recent.lastIndex { $0.entries[revocation.tenant]?.contains(where: isMeant) == true }
            if let last { drop(upTo: last + 1) }
        }
    }

    private let state = Mutex(State())
    private let world: World
    private let timer = DispatchQueue(label: "chat-tokens.revocations", qos: .userInitiated)

    /// The most entries that are held, listeners that are served, and those of one tenant.
    private static let mostEntries = 50_000, mostListeners = 4_096, mostOfTenant = 1_024
    /// The most entries that are told together: as many as a page has.
    private static let mostOfDelta = 10_000
    /// Nanoseconds between two tellings.
    private static let interval: Int64 = 20_000_000

    /// A feed of nothing.
    package init(world: World) {
        self.world = world
    }

    /// What there is after a place.
    package enum Reading: Sendable {
        /// These, oldest first; empty where there is nothing for the listener. Everything up to `through` is said.
        case news([RevocationDelta], through: Int64)
        /// More than is held here: read the database.
        case behind
        /// The server stops; it says nothing more, and the log reaches at least to `through`.
        case finished(through: Int64)
    }

    /// What there is after a place for a listener to one tenant, or with nil to all.
    package func read(after sequence: Int64, for tenant: Tenant.ID?) -> Reading {
        state.withLock { state in
            // Who is ahead heard of another node, or makes it up: what this one has not reached it does not confirm.
            let known = min(sequence, state.newest)
            if state.isFinished { return .finished(through: known) }
            guard let floor = state.floor, sequence >= floor else { return .behind }
            let first = state.recent.partition(after: sequence)
            let through = state.recent.last?.through ?? floor
            return .news(state.recent[first...].filter { $0.concerns(tenant) }, through: max(known, through))
        }
    }

    /// Whether the server stops.
    package var isFinished: Bool { state.withLock(\.isFinished) }
}

// MARK: - Telling

extension RevocationFeed {
    /// Everything up to this place is in the database only.
    func begin(at sequence: Int64) {
        state.withLock { state in
            state.floor = sequence
            state.newest = sequence
        }
    }

    /// Takes the next entries of the log, none left out.
    func publish(_ revocations: [Revocation]) {
        guard let last = revocations.last else { return }
        let now = world.monotonicNanoseconds()
        let (woken, wait) = state.withLock { state -> ([Waiter], Int64?) in
            for revocation in revocations { state.forget(revocation) }
            state.pending += revocations
            state.newest = last.sequence
            guard !state.isSealing else { return ([], nil) }
            let rest = state.sealedAt + Self.interval - now
            guard rest > 0 else { return (Self.seal(&state, at: now), nil) }
            state.isSealing = true
            return ([], rest)
        }
        for waiter in woken { waiter.resume.resume() }
        guard let wait else { return }
        timer.asyncAfter(deadline: .now() + .nanoseconds(Int(wait))) { self.seal() }
    }

    /// Drops what voids no token any more, from the oldest on.
    func sweep(at moment: Timestamp) {
        state.withLock { state in
            let alive = state.recent.firstIndex { $0.lastsUntil > moment } ?? state.recent.count
            if alive > 0 { state.drop(upTo: alive) }
        }
    }

    private func seal() {
        let now = world.monotonicNanoseconds()
        let woken = state.withLock { state in
            state.isSealing = false
            return Self.seal(&state, at: now)
        }
        for waiter in woken { waiter.resume.resume() }
    }

    /// Closes what is pending to deltas; returns those who waited for them.
    private static func seal(_ state: inout State, at now: Int64) -> [Waiter] {
        guard !state.pending.isEmpty else { return [] }
        let pending = state.pending
        let deltas = stride(from: 0, to: pending.count, by: mostOfDelta).map { start in
            let part = pending[start...].prefix(mostOfDelta)
            return RevocationDelta(part, through: part.last?.sequence ?? state.newest)
        }
        state.pending = []
        state.sealedAt = now
        state.recent += deltas
        state.held += pending.count
        while state.held > mostEntries, state.recent.count > 1 { state.drop(upTo: 1) }
        let woken = state.waiters.filter { waiter in deltas.contains { $0.concerns(waiter.value.tenant) } }
        for id in woken.keys { state.waiters[id] = nil }
        return Array(woken.values)
    }
}

// MARK: - Listening

extension RevocationFeed {
    /// Lets somebody listen; false where there are too many already.
    package func enter(_ tenant: Tenant.ID?) -> Bool {
        state.withLock { state in
            let own = state.listeners[tenant, default: 0]
            guard !state.isFinished, state.listenerCount < Self.mostListeners,
                tenant == nil || own < Self.mostOfTenant
            else { return false }
            state.listeners[tenant] = own + 1
            state.listenerCount += 1
            return true
        }
    }

    /// Notes that a listener is gone.
    package func leave(_ tenant: Tenant.ID?) {
        state.withLock { state in
            let rest = state.listeners[tenant, default: 1] - 1
            state.listeners[tenant] = rest == 0 ? nil : rest
            state.listenerCount -= 1
        }
    }

    /// Listeners at present.
    package var listenerCount: Int { state.withLock(\.listenerCount) }

    /// Waits until there is something after the place, the time is over, the server stops or the task is cancelled.
    ///
    /// The time ends up to half a second late.
    package func wait(after sequence: Int64, for tenant: Tenant.ID?, seconds: Double) async {
        let id = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (mayWait, mustTick) = state.withLock { state in
                    let isNew = state.recent.last.map { $0.through > sequence } ?? false
                    let first = isNew ? state.recent.partition(after: sequence) : state.recent.count
                    guard !state.isFinished, !Task.isCancelled, let floor = state.floor, sequence >= floor,
                        !state.recent[first...].contains(where: { $0.concerns(tenant) })
                    else { return (false, false) }
                    // One more than it takes, since the next may be near.
                    let last = state.ticks + Int64((seconds * 2).rounded(.up)) + 1
                    state.waiters[id] = Waiter(tenant: tenant, lastTick: last, resume: continuation)
                    defer { state.isTicking = true }
                    return (true, !state.isTicking)
                }
                if !mayWait { continuation.resume() }
                if mustTick { tick() }
            }
        } onCancel: {
            release { waiter, _ in waiter == id }
        }
    }

    /// Ends every wait, for good.
    package func finish() {
        state.withLock { $0.isFinished = true }
        release { _, _ in true }
    }

    private func tick() {
        timer.asyncAfter(deadline: .now() + .milliseconds(500)) { [self] in
            let passed = state.withLock { state in
                state.ticks += 1
                return state.ticks
            }
            release { $1.lastTick <= passed }
            let goesOn = state.withLock { state in
                state.isTicking = !state.waiters.isEmpty
                return state.isTicking
            }
            if goesOn { tick() }
        }
    }

    private func release(_ isOver: (UInt64, Waiter) -> Bool) {
        let over = state.withLock { state in
            let over = state.waiters.filter { isOver($0.key, $0.value) }
            for id in over.keys { state.waiters[id] = nil }
            return over
        }
        for waiter in over.values { waiter.resume.resume() }
    }
}
