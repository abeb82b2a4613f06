/// A database as one end of `chat-tokens copy`: its rows as they are stored, without the rules of the domain.
package protocol CopyEnd: Storage {
    /// Rows in the table.
    func count(of table: CopyTable) throws(StoreFailure) -> Int64
    /// The key of the table's last row; nil where it is empty.
    func lastKey(of table: CopyTable) throws(StoreFailure) -> CopyKey?
    /// Rows in the order of their keys.
    ///
    /// - Parameters:
    ///   - table: whose.
    ///   - lower: the rows after this key; nil: from the first.
    ///   - upper: the rows up to this key and with it; nil: to the last.
    ///   - limit: the most rows returned; nil: all.
    /// - Returns: the rows, at most `limit`.
    /// - Throws: `corrupt` where a column holds what it must not; `unavailable` where the database does not answer.
    func rows(of table: CopyTable, after lower: CopyKey?, through upper: CopyKey?, limit: Int?)
        throws(StoreFailure) -> [CopyRow]
    /// Stores the rows, each in place of the one that has its key, and removes the others by theirs.
    ///
    /// One durable transaction; the change log tells servers of what they may hold in memory.
    func write(_ rows: [CopyRow], removing others: [CopyRow], in table: CopyTable) throws(StoreFailure)

    /// What this database has of a copy into it; nil where it was never copied to, or has been served since.
    func copyState() throws(StoreFailure) -> CopyState?
    /// Notes how far a copy into this database is; nil: it is on its own from now on.
    func setCopyState(_ state: CopyState?) throws(StoreFailure)
    /// Makes the value the database's master key check, whatever it was.
    func replaceMasterKeyCheck(by value: [UInt8]) throws(StoreFailure)
}

/// How far a copy into a database is.
package enum CopyState: String, Sendable {
    /// Something is missing: it must not be served.
    case unfinished
    /// It was found equal to its source, and nobody has served it yet.
    case complete
}
