internal import CLibPQ
internal import Domain

/// One session with the server, on which nothing waits longer than it is told to.
///
/// Statements travel together, one round trip for all of them, and are one transaction unless they say otherwise.
///
/// The handle is kept as a number because a pointer cannot be `Sendable`; that nobody copies it makes it so.
@safe
struct Connection: ~Copyable, Sendable {
    private let handle: UInt
    let address: Address
    let world: World
    /// Set once an answer is overdue or the server has taken its leave.
    var isSpent = false
    /// What the server said of the statement that failed in the latest exchange; empty: none did.
    var state = ""
    /// What the server calls the statements that it keeps; nil where the session may not be ours alone.
    var kept: [String: String]?
    /// Whether the session has the settings of `issue_batch` for good.
    var isForBatches = false
    /// The server's clock when it last told it.
    var clock: ServerClock?

    private init(handle: UInt, address: Address, world: World) {
        self.handle = handle
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
        let connection = Connection(handle: UInt(bitPattern: session), address: address, world: world)
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

    /// The server's process behind this session; what a pooler names is none of the server's.
    var processNumber: Int64 { unsafe Int64(PQbackendPID(session)) }

    var session: OpaquePointer? { unsafe OpaquePointer(bitPattern: handle) }

    /// Whether the next statement may be sent: between transactions, and the server has not hung up meanwhile.
    mutating func isUsable() -> Bool {
        while !isSpent, Socket.wait(for: Socket.readable, on: socket, milliseconds: 0) {
            if unsafe PQconsumeInput(session) == 0 { isSpent = true }
        }
        return isIdle
    }

    /// Whether the latest failure came of another transaction that was faster: serialisation, deadlock, same new row.
    var wasOutrun: Bool { isOpen && ["40001", "40P01", "23505"].contains(state) }

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
        state = ""
        for statement in statements where statement.isKept { try keep(statement, until: deadline) }
        for statement in statements { try send(statement) }
        try synchronize(until: deadline)
        try receive(until: deadline, read)
    }

    /// Learns whether this is a session with the server itself, in which statements may be left.
    ///
    /// A pooler has no process of the server's to name, and names something else.
    mutating func meet(processNumber: Int64) {
        if self.processNumber == processNumber { kept = kept ?? [:] }
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

    private static func connect(_ options: [(keyword: String, value: String)]) -> OpaquePointer? {
        let keywords = CStrings(options.map(\.keyword)), values = CStrings(options.map(\.value))
        return unsafe keywords.withPointers { keywords in
            unsafe values.withPointers { values in unsafe PQconnectdbParams(keywords, values, 1) }
        }
    }

    /// libpq's messages name hosts, users and databases, never a password; the lines after the first quote more.
    static func firstLine(_ text: UnsafePointer<CChar>?) -> String {
        let text = unsafe text.map { unsafe String(cString: $0) } ?? ""
        return text.split(separator: "\n").first.map(String.init) ?? "no more is known"
    }
}
