/// The server's wall clock as it was told once, by which a moment of ours can be named to the server.
struct ServerClock: Sendable {
    /// Milliseconds since 1970 at the server.
    let told: Int64
    /// Nanoseconds of our monotonic clock when that was heard, which is later than when it was so.
    let heard: Int64

    /// Two clocks run apart by less than a thousandth: by a margin of as many milliseconds in so many seconds.
    private static let margin: Int64 = 60, longest: Int64 = 60_000_000_000

    /// Whether it was told too long ago.
    func isStale(at now: Int64) -> Bool { now - heard > Self.longest }

    /// A time of the server's that is not after the given moment of our monotonic clock.
    func milliseconds(at moment: Int64) -> Int64 {
        told + (moment - heard) / 1_000_000 - Self.margin
    }
}
