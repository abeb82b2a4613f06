internal import Domain
internal import GRDB
internal import GRDBSQLite

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A prepared statement of GRDB's cache, driven without GRDB's row layer, which costs a third on the hot path.
///
/// Long texts are bound in place, not copied, so they stay bound only while the body of `withBound` runs. Whoever steps
/// a statement resets it before it is bound anew.
@safe
struct RawStatement {
    private let statement: Statement
    private let handle: OpaquePointer

    init(_ db: Database, _ sql: String) throws(StoreFailure) {
        let statement = try StoreFailure.translating { try db.cachedStatement(sql: sql) }
        unsafe handle = statement.sqliteStatement
        self.statement = statement
    }

    /// Runs to the next row; false where there is none.
    func step() throws(StoreFailure) -> Bool {
        switch unsafe sqlite3_step(handle) {
        case SQLITE_ROW: true
        case SQLITE_DONE: false
        default: throw failure()
        }
    }

    /// Makes the statement ready for its next use; its failure, if any, was reported by `step`.
    func reset() {
        unsafe sqlite3_reset(handle)
    }

    /// Carries out a statement that has to change exactly one row.
    func changeOne() throws(StoreFailure) {
        defer { reset() }
        let hasRow = try step()
        guard !hasRow, unsafe sqlite3_changes(sqlite3_db_handle(handle)) == 1 else {
            throw .corrupt(cause: "a statement for one row changed another number of rows")
        }
    }

    private func failure() -> StoreFailure {
        let connection = unsafe sqlite3_db_handle(handle)
        let message = unsafe sqlite3_errmsg(connection).map { unsafe String(cString: $0) }
        return unsafe StoreFailure(code: ResultCode(rawValue: sqlite3_extended_errcode(connection)), message: message)
    }
}

// MARK: - Parameters

extension RawStatement {
    func bind(_ index: Int32, _ number: Int64) throws(StoreFailure) {
        guard unsafe sqlite3_bind_int64(handle, index, number) == SQLITE_OK else { throw failure() }
    }

    /// Binds a copy of the text; for short ones.
    func bind(_ index: Int32, copying text: String) throws(StoreFailure) {
        // SQLITE_TRANSIENT, a macro that Swift does not see.
        let transient = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        let code = unsafe text.utf8.span.withUnsafeBytes { bytes in
            unsafe sqlite3_bind_text(
                handle, index, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count), transient)
        }
        guard code == SQLITE_OK else { throw failure() }
    }

    /// Binds text, or NULL for nil, while `body` runs.
    func withBound<Result>(
        _ index: Int32, _ text: String?, _ body: () throws(StoreFailure) -> Result
    ) throws(StoreFailure) -> Result {
        guard let text else { return try withNull(index, body) }
        return try withBound(index, text.utf8.span, body)
    }

    /// Binds UTF-8 text, or NULL for nil, while `body` runs.
    func withBound<Result>(
        _ index: Int32, _ text: [UInt8]?, _ body: () throws(StoreFailure) -> Result
    ) throws(StoreFailure) -> Result {
        guard let text else { return try withNull(index, body) }
        return try withBound(index, text.span, body)
    }

    private func withBound<Result>(
        _ index: Int32, _ text: Span<UInt8>, _ body: () throws(StoreFailure) -> Result
    ) throws(StoreFailure) -> Result {
        try unsafe text.withUnsafeBytes { bytes throws(StoreFailure) in
            // A null pointer would bind NULL, which is not the empty text.
            let start = unsafe bytes.baseAddress ?? UnsafeRawPointer(StaticString("").utf8Start)
            let code = unsafe sqlite3_bind_text(
                handle, index, start.assumingMemoryBound(to: CChar.self), Int32(bytes.count), nil)
            guard code == SQLITE_OK else { throw failure() }
            return try body()
        }
    }

    private func withNull<Result>(
        _ index: Int32, _ body: () throws(StoreFailure) -> Result
    ) throws(StoreFailure) -> Result {
        guard unsafe sqlite3_bind_null(handle, index) == SQLITE_OK else { throw failure() }
        return try body()
    }
}

// MARK: - Columns

extension RawStatement {
    func isNull(_ column: Int32) -> Bool {
        unsafe sqlite3_column_type(handle, column) == SQLITE_NULL
    }

    func integer(_ column: Int32) -> Int64 {
        unsafe sqlite3_column_int64(handle, column)
    }

    /// The column's text, with any U+0000 in it; nil where it is NULL.
    func text(_ column: Int32) -> String? {
        unsafe withBytes(column) { bytes in
            unsafe bytes.map { unsafe String(decoding: $0, as: UTF8.self) }
        }
    }

    /// The bytes of the column's text; nil where it is NULL.
    func bytes(_ column: Int32) -> [UInt8]? {
        unsafe withBytes(column) { bytes in
            unsafe bytes.map { unsafe Array($0) }
        }
    }

    /// Whether the column holds these very bytes.
    ///
    /// Strings compare by canonical equivalence, which is not enough here.
    func holds(_ column: Int32, _ text: String?) -> Bool {
        guard let text else { return isNull(column) }
        return holds(column, text.utf8.span)
    }

    /// Whether the column holds these very bytes.
    func holds(_ column: Int32, _ text: [UInt8]?) -> Bool {
        guard let text else { return isNull(column) }
        return holds(column, text.span)
    }

    private func holds(_ column: Int32, _ text: Span<UInt8>) -> Bool {
        unsafe withBytes(column) { stored in
            guard let stored = unsafe stored, stored.count == text.count else { return false }
            return unsafe text.withUnsafeBytes { given in
                guard let one = stored.baseAddress, let other = given.baseAddress else { return true }
                return unsafe memcmp(one, other, stored.count) == 0
            }
        }
    }

    private func withBytes<Result>(_ column: Int32, _ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
        guard !isNull(column) else { return body(nil) }
        let start = unsafe sqlite3_column_text(handle, column)
        let count = unsafe Int(sqlite3_column_bytes(handle, column))
        return unsafe body(UnsafeRawBufferPointer(start: start, count: count))
    }
}
