internal import Domain
internal import Tokens

extension SealedKey {
    static let columns = "kid, algorithm, state, sealed, created_at, changed_at"

    /// The signing key of a row with ``columns``.
    init(_ row: borrowing Row) throws(StoreFailure) {
        self.init(
            kid: try row.text(0), algorithm: try row.checked(1, SignatureAlgorithm.init(rawValue:)),
            state: try row.checked(2, KeyState.init(rawValue:)), sealed: try row.bytes(3),
            createdAt: try row.moment(4), changedAt: try row.moment(5))
    }
}
