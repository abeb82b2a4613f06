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

extension StoreFailure {
    /// What was to be stored is sealed under a master key that is no longer the database's.
    package static let masterKeyRotated = StoreFailure.unavailable(
        cause: "its master key was rotated since it was opened: start again with the new one")

    /// The text of a failure that has one.
    package var cause: String? {
        switch self {
        case .unavailable(let cause), .corrupt(let cause): cause
        case .conflict, .missing: nil
        }
    }

    /// This failure with words put before its cause.
    package func prefixed(_ words: String) -> StoreFailure {
        switch self {
        case .unavailable(let cause): .unavailable(cause: "\(words): \(cause)")
        case .corrupt(let cause): .corrupt(cause: "\(words): \(cause)")
        case .conflict, .missing: self
        }
    }
}
