internal import Domain
internal import NIOCore

/// How long and how much a client may take.
package struct ConnectionLimits: Sendable {
    /// Seconds from the first byte of a head to its end.
    package var headSeconds: Int64
    /// Seconds from the end of a head to the end of the body.
    package var bodySeconds: Int64
    /// Seconds a connection may rest between requests.
    package var idleSeconds: Int64
    /// Seconds a client has to read the last answer before it is cut off.
    package var lingerSeconds: Int64
    /// Bytes of one header field, and of all together.
    package var headerFieldBytes: Int, headerBytes: Int
    /// The most header fields.
    package var headerFields: Int
    /// Bytes of a refused body that are read and dropped to keep the connection.
    package var droppedBytes: Int

    /// Limits that suit clients behind slow links and starve slow-loris attacks.
    package init(
        headSeconds: Int64 = 10, bodySeconds: Int64 = 20, idleSeconds: Int64 = 75, lingerSeconds: Int64 = 2,
        headerFieldBytes: Int = 16 * 1_024, headerBytes: Int = 32 * 1_024, headerFields: Int = 256,
        droppedBytes: Int = 256 * 1_024
    ) {
        self.headSeconds = headSeconds
        self.bodySeconds = bodySeconds
        self.idleSeconds = idleSeconds
        self.lingerSeconds = lingerSeconds
        self.headerFieldBytes = headerFieldBytes
        self.headerBytes = headerBytes
        self.headerFields = headerFields
        self.droppedBytes = droppedBytes
    }
}

/// The connections of one event loop, looked through once a second for those that have run out of time.
///
/// One timer a loop instead of one a request: scheduling and cancelling would cost more than the rest of the lane.
final class Connections {
    /// Seconds since the loop began to serve; the clock of all deadlines.
    private(set) var now: Int64 = 0
    /// The value of the `Date` header (RFC 9110 §5.6.7), at most a second old.
    private(set) var date = ""
    private var lanes: [ObjectIdentifier: FastLane] = [:]
    private let world: World
    private var timer: RepeatedTask?

    init(world: World) {
        self.world = world
        date = HTTPDate.text(world.now())
    }

    /// Starts the timer; called once, on the loop.
    func start(on loop: any EventLoop) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        timer = loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in bound.value.tick() }
    }

    /// Stops the timer, which would otherwise be set again on a loop that is shut down.
    func stop() {
        timer?.cancel()
        timer = nil
    }

    func insert(_ lane: FastLane) {
        lanes[ObjectIdentifier(lane)] = lane
    }

    func remove(_ lane: FastLane) {
        lanes.removeValue(forKey: ObjectIdentifier(lane))
    }

    private func tick() {
        now += 1
        date = HTTPDate.text(world.now())
        for lane in lanes.values where lane.deadline < now { lane.expire() }
    }
}

/// The IMF-fixdate of RFC 9110 §5.6.7, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
enum HTTPDate {
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    static func text(_ moment: Timestamp) -> String {
        let seconds = max(0, moment.seconds)
        let date = CivilDate(secondsSinceEpoch: seconds)
        let weekday = weekdays[Int(seconds / 86_400 % 7)]
        let time = [seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60].map(twoDigits).joined(separator: ":")
        return "\(weekday), \(twoDigits(Int64(date.day))) \(months[date.month - 1]) \(date.year) \(time) GMT"
    }

    private static func twoDigits(_ number: Int64) -> String {
        number < 10 ? "0\(number)" : String(number)
    }
}
