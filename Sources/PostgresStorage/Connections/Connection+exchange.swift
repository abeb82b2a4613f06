internal import CLibPQ
internal import Domain

extension Connection {
    /// Seconds after which an answer counts as lost; the server itself gives a statement up after four.
    static let patience = 5.0

    mutating func receive(
        until deadline: Int64, _ read: (Int, borrowing Answer) throws(StoreFailure) -> Void
    ) throws(StoreFailure) {
        var failure: StoreFailure?
        var place = 0
        while true {
            // Nil ends the answers of one statement.
            guard let answer = try next(until: deadline) else {
                guard unsafe PQstatus(session) == CONNECTION_OK, world.monotonicNanoseconds() < deadline else {
                    throw failure ?? lost()
                }
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

    /// Whether it is known to be a session with the server itself.
    var isDirect: Bool { kept != nil }

    mutating func synchronize(until deadline: Int64) throws(StoreFailure) {
        guard unsafe PQpipelineSync(session) == 1 else { throw lost() }
        try flush(until: deadline)
    }

    mutating func keep(_ statement: Statement, until deadline: Int64) throws(StoreFailure) {
        guard let count = kept?.count, kept?[statement.sql] == nil else { return }
        let name = "chat_tokens_\(count)", types = statement.parameters.types
        guard unsafe PQsendPrepare(session, name, statement.sql, Int32(types.count), types) == 1 else { throw lost() }
        try synchronize(until: deadline)
        try receive(until: deadline) { _, _ in }
        kept?[statement.sql] = name
    }

    mutating func send(_ statement: Statement) throws(StoreFailure) {
        let name = statement.isKept ? kept?[statement.sql] : nil
        let parameters = statement.parameters
        let count = parameters.places.count
        // Never empty, since no address means NULL and an empty value is none.
        let sent = unsafe (parameters.bytes.isEmpty ? [0] : parameters.bytes).withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = unsafe parameters.places.map { place in
                unsafe place.flatMap { place in unsafe start.map { unsafe $0 + place.start } }
            }
            let lengths = parameters.places.map { Int32($0?.length ?? 0) }
            let formats = [Int32](repeating: 1, count: count)
            guard let name else {
                return unsafe PQsendQueryParams(
                    session, statement.sql, Int32(count), parameters.types, values, lengths, formats, 1)
            }
            return unsafe PQsendQueryPrepared(session, name, Int32(count), values, lengths, formats, 1)
        }
        guard sent == 1 else { throw lost() }
    }

    mutating func flush(until deadline: Int64) throws(StoreFailure) {
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

    mutating func next(until deadline: Int64) throws(StoreFailure) -> Answer? {
        while unsafe PQisBusy(session) == 1 {
            try wait(for: Socket.readable, until: deadline)
            guard unsafe PQconsumeInput(session) == 1 else { throw lost() }
        }
        guard let result = unsafe PQgetResult(session) else { return nil }
        return unsafe Answer(owning: result)
    }

    mutating func wait(for events: Int16, until deadline: Int64) throws(StoreFailure) {
        let left = Int((deadline - world.monotonicNanoseconds() + 999_999) / 1_000_000)
        if left > 0, Socket.wait(for: events, on: socket, milliseconds: min(left, Self.suspicion)) { return }
        if left > Self.suspicion {
            if isForgotten() {
                isSpent = true
                throw .unavailable(cause: "the server knows nothing of what it was sent")
            }
            let left = Int((deadline - world.monotonicNanoseconds() + 999_999) / 1_000_000)
            if left > 0, Socket.wait(for: events, on: socket, milliseconds: left) { return }
        }
        isSpent = true
        throw .unavailable(cause: "the server does not answer")
    }

    mutating func lost() -> StoreFailure {
        isSpent = true
        return unsafe .unavailable(cause: "the connection was lost: \(Connection.firstLine(PQerrorMessage(session)))")
    }

    mutating func refused(_ report: ErrorReport) -> StoreFailure {
        if report.endsSession { isSpent = true }
        state = report.state
        return StoreFailure(report)
    }

    mutating func takeNotifications() -> Bool {
        var isNotified = false
        while let notification = unsafe PQnotifies(session) {
            isNotified = true
            unsafe PQfreemem(notification)
        }
        return isNotified
    }

    var socket: Int32 { unsafe PQsocket(session) }
}
