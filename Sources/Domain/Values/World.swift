/// The only source of time and randomness: whoever needs either is handed a `World`.
///
/// Code that reads a clock by itself cannot be shown to survive a clock that jumps.
package struct World: Sendable {
    /// The wall clock; it may jump in either direction.
    package let now: @Sendable () -> Timestamp
    /// Nanoseconds of a clock that never goes back; its zero means nothing.
    package let monotonicNanoseconds: @Sendable () -> Int64
    /// The given number of bytes from a cryptographically secure generator.
    package let randomBytes: @Sendable (_ count: Int) -> [UInt8]

    /// A world made of the given sources.
    package init(
        now: @escaping @Sendable () -> Timestamp,
        monotonicNanoseconds: @escaping @Sendable () -> Int64,
        randomBytes: @escaping @Sendable (_ count: Int) -> [UInt8]
    ) {
        self.now = now
        self.monotonicNanoseconds = monotonicNanoseconds
        self.randomBytes = randomBytes
    }
}
