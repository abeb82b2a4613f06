internal import Synchronization

/// Holds back who tries passwords, and nobody else.
///
/// What counts is who tries, never who is tried: an account cannot be locked by trying it. Each source, a device or the
/// network of an address, has an allowance for each account and one for all accounts together. While an account is
/// tried from many sources, what they all have for that account shrinks, but never to nothing: its owner, on whatever
/// device, still gets in with the right password at once. Each hash that is computed is counted too, also of a right
/// password, since it costs as much. See ADR 0014.
package final class AttemptThrottle: Sendable {
    /// Whence an attempt comes.
    package struct Source: Sendable {
        /// An IPv4 address, or the first 64 bits of an IPv6 address.
        let network: String
        /// The name of a device that has logged in to this account with its present password; nil: none is known.
        let device: String?

        /// A source.
        package init(network: String, device: String? = nil) {
            self.network = network
            self.device = device
        }
    }

    fileprivate enum Key: Sendable, Hashable {
        /// What a source tries at an account.
        case device(String, EmailAddress), network(String, EmailAddress)
        /// What all known devices try at an account, and in what all others have failed.
        case devices(EmailAddress), strangers(EmailAddress)
        /// What a network has failed in, and what it has had computed.
        case failures(String), hashes(String)
        case entry(String)
    }

    /// Attempts of one source at one account.
    static let bySource = RateLimit(rate: 10, period: 900, burst: 10)
    /// The same while the account is under attack.
    static let bySourceUnderAttack = RateLimit(rate: 3, period: 3_600, burst: 3)
    /// Failed attempts of all known devices at one account, beyond which none of them counts as known.
    static let byDevices = RateLimit(rate: 30, period: 3_600, burst: 30)
    /// Failed attempts of one network at any accounts.
    static let byNetwork = RateLimit(rate: 60, period: 900, burst: 60)
    /// Passwords of one network that are looked at, right or wrong: more than any office types, and few enough to cost
    /// a small part of one processor.
    static let hashes = RateLimit(rate: 600, period: 3_600, burst: 600)
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

    /// What an attempt was charged to, and with what limit: only so can it be given back.
    fileprivate struct Charge: Sendable {
        let key: Key
        let limit: RateLimit
    }

    /// An attempt that was let through, to be told how it ended.
    package struct Attempt: Sendable {
        fileprivate let email: EmailAddress, network: String
        fileprivate let isKnown: Bool
        /// At the account, at all accounts, and for the hash.
        fileprivate let source: Charge, failure: Charge, hash: Charge
    }

    /// Lets an attempt through, or throws `tooManyAttempts`.
    ///
    /// It counts before it is carried out: a thousand at once are no more than a thousand one by one.
    package func begin(_ source: Source, at email: EmailAddress) throws(Failure) -> Attempt {
        let now = world.monotonicNanoseconds()
        let (attempt, refusal) = arrivals.withLock { arrivals in
            let attempt = Self.attempt(source, at: email, &arrivals, now: now)
            return (attempt, Self.spend([attempt.failure, attempt.source, attempt.hash], &arrivals, now: now))
        }
        if let refusal { throw .tooManyAttempts(retryAfter: refusal) }
        return attempt
    }

    /// Notes that the password was wrong.
    package func fail(_ attempt: Attempt) {
        let now = world.monotonicNanoseconds()
        // A known device is no part of an attack on the account, but it shows what its network is about.
        let charge =
            attempt.isKnown
            ? Charge(key: .failures(attempt.network), limit: Self.byNetwork)
            : Charge(key: .strangers(attempt.email), limit: Self.byAccount)
        arrivals.withLock { arrivals in _ = Self.spend([charge], &arrivals, now: now) }
    }

    /// Notes that the password was right, or that it was not looked at: the attempt was none.
    package func forgive(_ attempt: Attempt, isRight: Bool) {
        arrivals.withLock { arrivals in
            Self.refund(attempt.failure, &arrivals)
            if isRight {
                arrivals.remove(attempt.source.key)
            } else {
                Self.refund(attempt.source, &arrivals)
                Self.refund(attempt.hash, &arrivals)
            }
        }
    }

    /// Counts a registration or the like; throws `tooManyAttempts` where there were too many from this network.
    package func enter(from network: String) throws(Failure) {
        let now = world.monotonicNanoseconds()
        let charge = Charge(key: .entry(network), limit: Self.entries)
        let refusal = arrivals.withLock { arrivals in Self.spend([charge], &arrivals, now: now) }
        if let refusal { throw .tooManyAttempts(retryAfter: refusal) }
    }

    /// What the attempt is to be charged to.
    private static func attempt(
        _ source: Source, at email: EmailAddress, _ arrivals: inout BoundedCache<Key, Int64>, now: Int64
    ) -> Attempt {
        let network = source.network
        let hash = Charge(key: .hashes(network), limit: hashes)
        let devices = Charge(key: .devices(email), limit: byDevices)
        if let device = source.device, allows(devices, &arrivals, now: now) {
            return Attempt(
                email: email, network: network, isKnown: true,
                source: Charge(key: .device(device, email), limit: bySource), failure: devices, hash: hash)
        }
        let isUnderAttack = !allows(Charge(key: .strangers(email), limit: byAccount), &arrivals, now: now)
        return Attempt(
            email: email, network: network, isKnown: false,
            source: Charge(key: .network(network, email), limit: isUnderAttack ? bySourceUnderAttack : bySource),
            failure: Charge(key: .failures(network), limit: byNetwork), hash: hash)
    }

    private static func allows(
        _ charge: Charge, _ arrivals: inout BoundedCache<Key, Int64>, now: Int64
    ) -> Bool {
        arrivals.value(charge.key).map { charge.limit.spend(arrival: $0, now: now).isAllowed } ?? true
    }

    /// Charges to all of them, or to none; seconds to wait where one is used up.
    private static func spend(
        _ charges: [Charge], _ arrivals: inout BoundedCache<Key, Int64>, now: Int64
    ) -> Int64? {
        var decisions: [RateLimit.Decision] = []
        for charge in charges {
            decisions.append(charge.limit.spend(arrival: arrivals.value(charge.key) ?? 0, now: now))
        }
        if let refusal = decisions.lazy.filter({ !$0.isAllowed }).map(\.resetSeconds).max() { return refusal }
        for (charge, decision) in zip(charges, decisions) { arrivals.insert(decision.arrival, for: charge.key) }
        return nil
    }

    private static func refund(_ charge: Charge, _ arrivals: inout BoundedCache<Key, Int64>) {
        guard let arrival = arrivals.value(charge.key) else { return }
        arrivals.insert(arrival - charge.limit.interval, for: charge.key)
    }
}
