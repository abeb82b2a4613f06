internal import Synchronization

/// Holds back who tries passwords, and nobody else.
///
/// What counts is who tries, never who is tried: an account cannot be locked by trying it. Each source, a device or the
/// network of an address, has an allowance for each account and one for all accounts together. While an account is
/// tried from many sources, what they all have for that account shrinks, but never to nothing: its owner, on whatever
/// device, still gets in with the right password at once. See ADR 0014.
package final class AttemptThrottle: Sendable {
    /// Whence an attempt comes.
    package enum Source: Sendable, Hashable {
        /// A device that has logged in to this account before, by its name.
        case device(String)
        /// An IPv4 address, or the first 64 bits of an IPv6 address.
        case network(String)
    }

    private enum Key: Sendable, Hashable {
        case source(Source, EmailAddress)
        case network(String)
        case account(EmailAddress)
        case entry(String)
    }

    /// Attempts of one source at one account.
    static let bySource = RateLimit(rate: 10, period: 900, burst: 10)
    /// The same while the account is under attack.
    static let bySourceUnderAttack = RateLimit(rate: 3, period: 3_600, burst: 3)
    /// Failed attempts of one network at any accounts.
    static let byNetwork = RateLimit(rate: 60, period: 900, burst: 60)
    /// Failed attempts at one account from unknown devices, beyond which it counts as under attack.
    static let byAccount = RateLimit(rate: 100, period: 3_600, burst: 100)
    /// Registrations and accepted invitations of one network.
    static let entries = RateLimit(rate: 60, period: 3_600, burst: 60)

    private let arrivals: Mutex<BoundedCache<Key, Int64>>
    private let world: World

    /// A throttle that nobody has met; forgets the oldest where more than `capacity` are counted at once.
    package init(world: World, capacity: Int = 100_000) {
        self.world = world
        arrivals = Mutex(BoundedCache(capacity: capacity))
    }

    /// An attempt that was let through, to be told how it ended.
    package struct Attempt: Sendable {
        fileprivate let source: Source
        fileprivate let email: EmailAddress
    }

    /// Lets an attempt through, or throws `tooManyAttempts`.
    ///
    /// It counts before it is carried out: a thousand at once are no more than a thousand one by one.
    package func begin(_ source: Source, at email: EmailAddress) throws(Failure) -> Attempt {
        let now = world.monotonicNanoseconds()
        let refusal = arrivals.withLock { arrivals -> Int64? in
            if case .network(let network) = source {
                let decision = Self.byNetwork.spend(arrival: arrivals.value(.network(network)) ?? 0, now: now)
                guard decision.isAllowed else { return decision.resetSeconds }
            }
            let limit = Self.limit(of: source, at: email, arrivals: &arrivals, now: now)
            let decision = limit.spend(arrival: arrivals.value(.source(source, email)) ?? 0, now: now)
            guard decision.isAllowed else { return decision.resetSeconds }
            arrivals.insert(decision.arrival, for: .source(source, email))
            if case .network(let network) = source {
                Self.spend(.network(network), of: Self.byNetwork, arrivals: &arrivals, now: now)
            }
            return nil
        }
        if let refusal { throw .tooManyAttempts(retryAfter: refusal) }
        return Attempt(source: source, email: email)
    }

    /// Notes that the password was wrong.
    package func fail(_ attempt: Attempt) {
        guard case .network = attempt.source else { return }
        let now = world.monotonicNanoseconds()
        arrivals.withLock { Self.spend(.account(attempt.email), of: Self.byAccount, arrivals: &$0, now: now) }
    }

    /// Notes that the password was right, or that it was not looked at: the attempt was none.
    package func forgive(_ attempt: Attempt, isRight: Bool) {
        arrivals.withLock { arrivals in
            if case .network(let network) = attempt.source, let arrival = arrivals.value(.network(network)) {
                arrivals.insert(arrival - Self.byNetwork.interval, for: .network(network))
            }
            let key = Key.source(attempt.source, attempt.email)
            if isRight {
                arrivals.remove(key)
            } else if let arrival = arrivals.value(key) {
                arrivals.insert(arrival - Self.bySource.interval, for: key)
            }
        }
    }

    /// Counts a registration or the like; throws `tooManyAttempts` where there were too many from this network.
    package func enter(from network: String) throws(Failure) {
        let now = world.monotonicNanoseconds()
        let decision = arrivals.withLock { arrivals in
            let decision = Self.entries.spend(arrival: arrivals.value(.entry(network)) ?? 0, now: now)
            arrivals.insert(decision.arrival, for: .entry(network))
            return decision
        }
        guard decision.isAllowed else { throw .tooManyAttempts(retryAfter: decision.resetSeconds) }
    }

    private static func limit(
        of source: Source, at email: EmailAddress, arrivals: inout BoundedCache<Key, Int64>, now: Int64
    ) -> RateLimit {
        // A known device is no part of an attack.
        guard case .network = source, let arrival = arrivals.value(.account(email)) else { return bySource }
        return byAccount.spend(arrival: arrival, now: now).isAllowed ? bySource : bySourceUnderAttack
    }

    private static func spend(
        _ key: Key, of limit: RateLimit, arrivals: inout BoundedCache<Key, Int64>, now: Int64
    ) {
        arrivals.insert(limit.spend(arrival: arrivals.value(key) ?? 0, now: now).arrival, for: key)
    }
}
