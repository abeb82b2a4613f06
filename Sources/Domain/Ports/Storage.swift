package import Tokens

/// The database, as the rules of the domain need it: each method is one transaction.
///
/// Methods block; they are called on threads made for that, never on an event loop or the cooperative pool. Every
/// method that changes a tenant, a signing key or an API key appends to the change log in the same transaction, and
/// checks how many rows it touched. What is an act of management takes the entry that the audit log gets with it: where
/// that cannot be stored, the act fails. "Not found" is nil, not an error.
package protocol Storage: APIKeyStorage, AuditStorage, PlanStorage, UsageStorage, UserStorage, AccountStorage,
    RevocationStorage, RefreshStorage, AnswerStorage, SealedStorage
{
    /// Counts the pairs against each tenant's quota and upserts the users, all in one durable transaction.
    ///
    /// Commands are carried out in order, so that two changes of one user keep theirs. A command refused for its
    /// own reason changes nothing; a failure of the transaction changes nothing for any of them.
    /// - Returns: one outcome for each command, in the same order.
    func issue(_ commands: [IssueCommand]) throws(StoreFailure) -> [IssueOutcome]

    /// The user as stored.
    func user(_ tenant: Tenant.ID, _ id: User.ID) throws(StoreFailure) -> User?
    /// Token pairs issued to the tenant in the month.
    func issuedPairs(_ tenant: Tenant.ID, in month: Month) throws(StoreFailure) -> Int64

    /// The tenant with all its signing keys, read at one moment.
    func tenant(_ id: Tenant.ID) throws(StoreFailure) -> (tenant: Tenant, keys: [SealedKey])?
    /// All tenants in the order of their identifiers.
    func tenants() throws(StoreFailure) -> [Tenant]
    /// Stores a new tenant with its first signing key; `conflict` where the identifier is taken.
    func create(_ tenant: Tenant, signingKey: SealedKey, recording audit: AuditDraft) throws(StoreFailure)
    /// Replaces the tenant's settings but not its status; `missing` where there is no such tenant, or where its
    /// settings are no longer the `former` ones: who changed them meanwhile is not undone.
    ///
    /// Whoever writes settings has read them before: were the status among them, a suspension that came in between
    /// would be undone.
    func update(_ tenant: Tenant, after former: Tenant, recording audit: AuditDraft) throws(StoreFailure)
    /// Suspends the tenant, ends its suspension or deletes it, and touches nothing else; `missing` where there is no
    /// such tenant, or where it is deleted already.
    func setStatus(_ status: Tenant.Status, of tenant: Tenant.ID, recording audit: AuditDraft) throws(StoreFailure)

    /// Adds a signing key to the tenant's; `missing` where there is no such tenant, `conflict` where it has the key, or
    /// `most` keys that verify, already.
    func add(
        _ key: SealedKey, to tenant: Tenant.ID, upTo most: Int, recording audit: AuditDraft
    ) throws(StoreFailure)
    /// Sets the states of several of the tenant's keys together; tells the log of revocations of those that it revokes.
    ///
    /// `missing` where one does not exist, or is revoked and is to be something else; `conflict` where the tenant would
    /// be left without an active key, would have two, or would have more keys that verify than it may.
    func setStates(
        _ states: [(kid: String, state: KeyState)], of tenant: Tenant.ID, at moment: Timestamp,
        recording audit: AuditDraft
    ) throws(StoreFailure)

    /// The sequence of the newest entry of the change log; 0 where it is empty.
    func newestChange() throws(StoreFailure) -> Int64
    /// Entries after the given sequence, oldest first.
    ///
    /// Whoever goes on from the last entry read misses none, however late a transaction commits.
    func changes(after sequence: Int64, limit: Int) throws(StoreFailure) -> [Change]
    /// Sleeps for so long, or until the database says that somebody appended to the change log.
    ///
    /// - Returns: whether it was woken; the log is the truth, this only saves time.
    func waitForChange(seconds: Double) -> Bool
    /// Whether ``waitForChange(seconds:)`` can be woken at present; where not, the log has to be read more often.
    var hearsChanges: Bool { get }

    /// Whether there is no tenant yet.
    func isEmpty() throws(StoreFailure) -> Bool

    /// Whether the database answers, its schema is the one this program knows, and it can be written to.
    func health() -> StorageHealth

    /// Ends every connection after what is running; afterwards every method throws `unavailable`.
    ///
    /// Closing again does nothing, and a database that was never closed has lost nothing.
    func close() throws(StoreFailure)
}

/// What `GET /readyz` and `chat-tokens doctor` report of the database; nil means fine, text says what is wrong.
package struct StorageHealth: Sendable, Equatable {
    /// Whether it answers a query.
    package let database: String?
    /// Whether its schema is the one this program knows.
    package let migrations: String?
    /// Whether it can be written to and its disk has room.
    package let disk: String?

    /// A report.
    package init(database: String?, migrations: String?, disk: String?) {
        self.database = database
        self.migrations = migrations
        self.disk = disk
    }

    /// Whether nothing is wrong.
    package var isFine: Bool { database == nil && migrations == nil && disk == nil }
}
