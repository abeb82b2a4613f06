internal import CLibPQ
internal import Domain

/// One session with the server, on which nothing waits longer than it is told to.
///
/// Statements travel together, one round trip for all of them, and are one transaction unless they say otherwise.
///
/// The address is kept as a number because a pointer cannot be `Sendable`; that nobody copies it makes it so.
@safe
struct Connection: ~Copyable, Sendable {
    private let address: UInt
    private let world: World
    /// Set once an answer is overdue or the server has taken its leave.
    private var isSpent = false

    private init(address: UInt, world: World) {
        self.address = address
        self.world = world
    }

    deinit { unsafe PQfinish(session) }

    /// Connects.
    ///
    /// libpq itself goes from one host to the next and gives each `connect_timeout`.
    static func open(_ address: Address, world: World) throws(StoreFailure) -> Connection {
        guard let session = unsafe connect(address.options) else {
            throw .unavailable(cause: "there is no memory for a connection")
        }
        let connection = Connection(address: UInt(bitPattern: session), world: world)
        guard unsafe PQstatus(session) == CONNECTION_OK else {
            let cause = unsafe firstLine(PQerrorMessage(session))
            throw .unavailable(cause: "cannot connect: \(cause)")
        }
        // By default libpq writes notices to stderr.
        _ = unsafe PQsetNoticeReceiver(session, { _, _ in }, nil)
        guard unsafe PQsetnonblocking(session, 1) == 0, unsafe PQenterPipelineMode(session) == 1 else {
            throw .unavailable(cause: "the connection cannot be set up")
        }
        return connection
    }

    private var session: OpaquePointer? { unsafe OpaquePointer(bitPattern: address) }

    /// Whether the next statement may be sent: between transactions, and the server has not hung up meanwhile.
    mutating func isUsable() -> Bool {
        while !isSpent, Socket.wait(for: Socket.readable, on: socket, milliseconds: 0) {
            if unsafe PQconsumeInput(session) == 0 { isSpent = true }
        }
        return isIdle
    }

    /// Whether an answer can still be had.
    var isOpen: Bool { unsafe !isSpent && PQstatus(session) == CONNECTION_OK }

    /// Whether it is between transactions and nothing went wrong with it so far.
    var isIdle: Bool {
        unsafe isOpen && PQtransactionStatus(session) == PQTRANS_IDLE
    }

    /// Carries out the statements in one round trip.
    ///
    /// - Parameters:
    ///   - statements: what to do; after the first that fails the rest is skipped.
    ///   - patience: seconds until the connection is given up.
    ///   - read: given the answer of each statement with its place.
    /// - Throws: the failure of the first statement or reading that failed; `unavailable` where no answer came, so
    ///   that nobody knows what the server did.
    mutating func exchange(
        _ statements: [Statement], patience: Double = Connection.patience,
        read: (_ place: Int, borrowing Answer) throws(StoreFailure) -> Void = { _, _ in }
    ) throws(StoreFailure) {
        let deadline = world.monotonicNanoseconds() + Int64(patience * 1e9)
        do throws(StoreFailure) {
            for statement in statements { try send(statement) }
            guard unsafe PQpipelineSync(session) == 1 else { throw lost() }
            try flush(until: deadline)
        } catch {
            isSpent = true
            throw error
        }
        try receive(until: deadline, read)
    }

    /// Carries out a text of several statements that have no parameters and give no rows.
    mutating func script(_ sql: String, patience: Double) throws(StoreFailure) {
        let deadline = world.monotonicNanoseconds() + Int64(patience * 1e9)
        // Only the simple protocol takes several statements at once, and only outside of pipeline mode.
        guard unsafe PQexitPipelineMode(session) == 1, unsafe PQsendQuery(session, sql) == 1 else { throw lost() }
        try flush(until: deadline)
        var failure: StoreFailure?
        while let answer = try next(until: deadline) {
            if answer.status == PGRES_FATAL_ERROR, failure == nil { failure = refused(answer.report) }
        }
        guard unsafe PQenterPipelineMode(session) == 1 else { throw lost() }
        if let failure { throw failure }
    }

    /// Waits for a notification; false where none came in time.
    mutating func notified(within milliseconds: Int) throws(StoreFailure) -> Bool {
        if takeNotifications() { return true }
        guard Socket.wait(for: Socket.readable, on: socket, milliseconds: milliseconds) else { return false }
        guard unsafe PQconsumeInput(session) == 1 else { throw lost() }
        return takeNotifications()
    }
}

extension Connection {
    /// Seconds after which an answer counts as lost; the server itself gives a statement up after four.
    static let patience = 5.0

    private mutating func receive(
        until deadline: Int64, _ read: (Int, borrowing Answer) throws(StoreFailure) -> Void
    ) throws(StoreFailure) {
        var failure: StoreFailure?
        var place = 0
        while true {
            // Nil ends the answers of one statement.
            guard let answer = try next(until: deadline) else {
                guard unsafe PQstatus(session) == CONNECTION_OK else { throw failure ?? lost() }
                continue
            }
            switch answer.status {
            case PGRES_PIPELINE_SYNC:
                // Only now is it committed.
                if let failure { throw failure }
                return
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK:
                if failure == nil {
                    do throws(StoreFailure) { try read(place, answer) } catch { failure = error }
                }
                place += 1
            case PGRES_FATAL_ERROR:
                if failure == nil { failure = refused(answer.report) }
            default: break
            }
        }
    }

    private mutating func send(_ statement: Statement) throws(StoreFailure) {
        let parameters = statement.parameters
        let count = parameters.places.count
        // Never empty, since no address means NULL and an empty value is none.
        let sent = unsafe (parameters.bytes.isEmpty ? [0] : parameters.bytes).withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = unsafe parameters.places.map { place in
                unsafe place.flatMap { place in unsafe start.map { unsafe $0 + place.start } }
            }
            let lengths = parameters.places.map { Int32($0?.length ?? 0) }
            return unsafe PQsendQueryParams(
                session, statement.sql, Int32(count), parameters.types, values, lengths,
                [Int32](repeating: 1, count: count), 1)
        }
        guard sent == 1 else { throw lost() }
    }

    private mutating func flush(until deadline: Int64) throws(StoreFailure) {
        while true {
            switch unsafe PQflush(session) {
            case 0: return
            case 1:
                try wait(for: Socket.readable | Socket.writable, until: deadline)
                guard unsafe PQconsumeInput(session) == 1 else { throw lost() }
            default: throw lost()
            }
        }
    }

    private mutating func next(until deadline: Int64) throws(StoreFailure) -> Answer? {
        while unsafe PQisBusy(session) == 1 {
            try wait(for: Socket.readable, until: deadline)
            guard unsafe PQconsumeInput(session) == 1 else { throw lost() }
        }
        guard let result = unsafe PQgetResult(session) else { return nil }
        return unsafe Answer(owning: result)
    }

    private mutating func wait(for events: Int16, until deadline: Int64) throws(StoreFailure) {
        let left = (deadline - world.monotonicNanoseconds() + 999_999) / 1_000_000
        guard left > 0, Socket.wait(for: events, on: socket, milliseconds: Int(left)) else {
            isSpent = true
            throw .unavailable(cause: "the server does not answer")
        }
    }

    private mutating func lost() -> StoreFailure {
        isSpent = true
        return unsafe .unavailable(cause: "the connection was lost: \(Connection.firstLine(PQerrorMessage(session)))")
    }

    private mutating func refused(_ report: ErrorReport) -> StoreFailure {
        if report.endsSession { isSpent = true }
        return StoreFailure(report)
    }

    private mutating func takeNotifications() -> Bool {
        var isNotified = false
        while let notification = unsafe PQnotifies(session) {
            isNotified = true
            unsafe PQfreemem(notification)
        }
        return isNotified
    }

    private var socket: Int32 { unsafe PQsocket(session) }

    private static func connect(_ options: [(keyword: String, value: String)]) -> OpaquePointer? {
        let keywords = CStrings(options.map(\.keyword)), values = CStrings(options.map(\.value))
        return unsafe keywords.withPointers { keywords in
            unsafe values.withPointers { values in unsafe PQconnectdbParams(keywords, values, 1) }
        }
    }

    /// libpq's messages name hosts, users and databases, never a password; the lines after the first quote more.
    private static func firstLine(_ text: UnsafePointer<CChar>?) -> String {
        let text = unsafe text.map { unsafe String(cString: $0) } ?? ""
        return text.split(separator: "\n").first.map(String.init) ?? "no more is known"
    }
}
