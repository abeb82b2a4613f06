internal import Domain
internal import GRDB

extension SealedKey {
    static let columns = "kid, algorithm, state, sealed, created_at, changed_at"

    /// The signing key of a row.
    init(_ row: Row) throws(StoreFailure) {
        self.init(
            kid: try row.required("kid"), algorithm: try row.named("algorithm"), state: try row.named("state"),
            sealed: try row.bytes("sealed"), createdAt: try row.moment("created_at"),
            changedAt: try row.moment("changed_at"))
    }
}
