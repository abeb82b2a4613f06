import Synchronization
import TokenVerifier

/// A clock that stands still until it is told to go.
final class TestClock: Sendable {
    /// Its first time, in seconds since 1970.
    static let start: Int64 = 1_764_000_000

    private let milliseconds = Mutex<Int64>(start * 1_000)

    func advance(_ time: Duration) {
        milliseconds.withLock {
            $0 += time.components.seconds * 1_000 + time.components.attoseconds / 1_000_000_000_000_000
        }
    }

    var clock: VerifierClock {
        VerifierClock(
            now: { self.milliseconds.withLock { $0 } / 1_000 }, milliseconds: { self.milliseconds.withLock { $0 } })
    }
}
