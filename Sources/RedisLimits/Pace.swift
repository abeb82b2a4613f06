/// When the next attempt and the next pulse are due, by the monotonic clock in nanoseconds.
struct Pace: Sendable {
    private var failures = 0
    private var connectAt: Int64 = 0
    private var pulseAt: Int64 = 0
    /// When there was last a new connection.
    private(set) var connectedAt: Int64 = 0

    private static let millisecond: Int64 = 1_000_000
    /// The pause after the first failure, and the longest.
    private static let firstPause = 50 * millisecond, longestPause = 1_000 * millisecond
    /// Between two pulses; a connection that lasted longer counts as good.
    private static let pulse = 1_000 * millisecond, trial = 5_000 * millisecond

    func mayConnect(at now: Int64) -> Bool { now >= connectAt }

    func mustPulse(at now: Int64) -> Bool { now >= pulseAt }

    mutating func pulseNow() {
        pulseAt = 0
    }

    mutating func pulsed(at now: Int64) {
        pulseAt = now + Self.pulse
        if now - connectedAt > Self.trial { failures = 0 }
    }

    mutating func connected(at now: Int64) {
        connectedAt = now
    }

    /// Puts the next attempt off: each time twice as long, less up to half of it, so that nodes do not come together.
    mutating func failed(at now: Int64, jitter: UInt8) {
        let pause = min(Self.longestPause, Self.firstPause << Int64(min(failures, 8)))
        failures += 1
        connectAt = now + pause - pause / 2 * Int64(jitter) / 255
    }
}
