import Domain
import Synchronization

/// Clocks that stand still until a test moves them.
final class TestClock: Sendable {
    private struct Time {
        var wall: Int64
        var monotonic: Int64
    }

    private let time: Mutex<Time>

    /// Both clocks at a moment; the monotonic one starts at 1,000 s.
    init(_ moment: Timestamp = Timestamp(milliseconds: 1_767_323_045_678)) {
        time = Mutex(Time(wall: moment.milliseconds, monotonic: 1_000_000_000_000))
    }

    var now: Timestamp { Timestamp(milliseconds: time.withLock { $0.wall }) }
    var monotonic: Int64 { time.withLock { $0.monotonic } }

    /// Both clocks go on.
    func advance(milliseconds: Int64) {
        time.withLock { time in
            time.wall += milliseconds
            time.monotonic += milliseconds * 1_000_000
        }
    }

    /// Somebody sets the wall clock; the monotonic one does not notice.
    func set(_ moment: Timestamp) {
        time.withLock { $0.wall = moment.milliseconds }
    }

    /// A world with these clocks and real randomness.
    var world: World {
        World(
            now: { self.now }, monotonicNanoseconds: { self.monotonic }, randomBytes: World.system.randomBytes)
    }
}
