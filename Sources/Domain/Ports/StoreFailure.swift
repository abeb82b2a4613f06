/// Why a storage method failed.
///
/// `cause` is for the log and never for an answer.
package enum StoreFailure: Error, Sendable {
    /// The database cannot be used now: gone, locked, full, read-only or damaged. Trying later may help.
    case unavailable(cause: String)
    /// What was to be created exists already.
    case conflict
    /// What was to be changed does not exist.
    case missing
    /// A stored value breaks its own rules, or an affected-row count was wrong: a bug or a tampered file.
    case corrupt(cause: String)
}
