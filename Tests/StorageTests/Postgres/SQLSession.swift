import CLibPQ
import Domain

/// A session beside the storage under test, for looking behind it and for getting in its way.
@safe
final class SQLSession {
    private let session: OpaquePointer?

    init(_ url: String) throws {
        unsafe session = PQconnectdb(url)
        _ = unsafe PQsetNoticeReceiver(session, { _, _ in }, nil)
        guard unsafe PQstatus(session) == CONNECTION_OK else {
            throw StoreFailure.unavailable(cause: unsafe String(cString: PQerrorMessage(session)))
        }
    }

    deinit { unsafe PQfinish(session) }

    /// The first column of what the statements give, NULL as the empty text.
    @discardableResult
    func run(_ sql: String) throws -> [String] {
        let result = unsafe PQexec(session, sql)
        defer { unsafe PQclear(result) }
        switch unsafe PQresultStatus(result) {
        case PGRES_TUPLES_OK:
            return unsafe (0..<PQntuples(result)).map { unsafe String(cString: PQgetvalue(result, $0, 0)) }
        case PGRES_COMMAND_OK: return []
        default: throw StoreFailure.unavailable(cause: unsafe String(cString: PQerrorMessage(session)))
        }
    }

    /// The number that the statement gives.
    func number(_ sql: String) throws -> Int? {
        try run(sql).first.flatMap { Int($0) }
    }
}
