/// Why a copy did not come to its end.
package enum CopyFailure: Error, Sendable {
    /// The database that is read failed.
    case source(StoreFailure)
    /// The database that is written failed.
    case target(StoreFailure)
    /// The source is no database to copy, or the target no place for a copy of it; nothing was written.
    case refused(String)
    /// At the end the two did not hold the same.
    case differs([CopyRecords.Result])
}
