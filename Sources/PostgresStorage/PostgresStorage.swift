internal import Domain
internal import Synchronization

/// The database on a PostgreSQL server: whatever a method reports as done survives a crash of either side.
///
/// One connection writes users, a few do everything else, and one listens for changes. Every method gives up after
/// seconds where the server does not answer, and the next one tries anew. It works behind PgBouncer in transaction
/// mode: nothing is left in a session that may serve others. Causes of failures name tables and hosts, never a user's
/// values or a password.
package final class PostgresStorage: Storage {
    /// Who opens the database.
    package enum Mode: Sendable {
        /// A server: one of any number on the same database.
        case serve
        /// A command that does its work and goes.
        case tool
    }

    let world: World
    let schema: Schema
    let pool: Pool
    let writer: Line
    let bell: Line
    /// The master key check by which what is stored has been sealed; nil: whatever it is.
    let expectedCheck = Mutex<[UInt8]?>(nil)

    init(_ address: Address, mode: Mode, world: World, schema: Schema) {
        self.world = world
        self.schema = schema
        pool = Pool(address, world: world, size: mode == .serve ? 4 : 2)
        writer = Line(address, world: world)
        bell = Line(address, world: world, longest: 5_000)
    }

    /// Ends every connection; waits for what is running.
    ///
    /// Afterwards every method throws `unavailable`, and closing again does nothing.
    package func close() {
        writer.close()
        pool.close()
        bell.close()
    }
}

extension PostgresStorage {
    /// Reads the rows of one statement.
    func read<Element: Sendable>(
        _ statement: Statement, _ read: (borrowing Row) throws(StoreFailure) -> Element
    ) throws(StoreFailure) -> [Element] {
        try pool.use { connection throws(StoreFailure) in
            var elements: [Element] = []
            try connection.exchange([.limits, statement]) { place, answer throws(StoreFailure) in
                if place == 1 { elements = try answer.rows(read) }
            }
            return elements
        }
    }

    /// Writes in one transaction, durable when this returns; rolled back whole if `body` throws.
    func write<Result: Sendable>(
        _ body: (inout Connection) throws(StoreFailure) -> Result
    ) throws(StoreFailure) -> Result {
        try pool.use { connection throws(StoreFailure) in try connection.transaction(body) }
    }
}

extension Connection {
    /// Runs `body` in one transaction, durable when this returns; rolled back whole if `body` throws.
    mutating func transaction<Result: Sendable>(
        _ body: (inout Connection) throws(StoreFailure) -> Result
    ) throws(StoreFailure) -> Result {
        try exchange([Statement("BEGIN"), .limits])
        do throws(StoreFailure) {
            let result = try body(&self)
            try exchange([Statement("COMMIT")])
            return result
        } catch {
            if isOpen { try? exchange([Statement("ROLLBACK")]) }
            throw error
        }
    }

    /// Carries out a statement that has to change exactly one row; none at all means that its subject is missing.
    mutating func changeOne(_ statement: Statement) throws(StoreFailure) {
        try exchange([statement]) { _, answer throws(StoreFailure) in
            switch answer.changed {
            case 1: return
            case 0: throw .missing
            default: throw .corrupt(cause: "a statement for one row changed several")
            }
        }
    }
}

extension Statement {
    /// The settings of a transaction.
    ///
    /// A statement that waits for a lock ends before its caller stops waiting, a client that died in a transaction
    /// holds nothing for long, and a commit is durable even where the server's setting says otherwise.
    static let limits = Statement(
        """
        SELECT set_config('statement_timeout', '4s', true), set_config('idle_in_transaction_session_timeout', '5s', true),
            set_config('synchronous_commit', CASE current_setting('synchronous_commit')
                WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true)
        """)
}
