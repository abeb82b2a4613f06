#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The two clocks that a verifier goes by; tests bring their own.
package struct VerifierClock: Sendable {
    /// Seconds since 1970; may jump.
    package let now: @Sendable () -> Int64
    /// Milliseconds of a clock that never goes back; its zero means nothing.
    package let milliseconds: @Sendable () -> Int64

    /// A clock made of the given ones.
    package init(now: @escaping @Sendable () -> Int64, milliseconds: @escaping @Sendable () -> Int64) {
        self.now = now
        self.milliseconds = milliseconds
    }

    /// The clocks of the operating system.
    package static let system = VerifierClock(
        now: { Int64(read(CLOCK_REALTIME).tv_sec) },
        milliseconds: {
            let time = read(CLOCK_MONOTONIC)
            return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
        })

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        let status = unsafe clock_gettime(clock, &time)
        precondition(status == 0, "the system has no such clock")
        return time
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    var milliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }
}
