internal import Domain
internal import GRDB

extension Revocation {
    static let columns =
        "sequence, tenant_id, kind, subject, cutoff_at, reason, revoked_by, created_at, expires_at"

    /// The revocation of a row.
    init(_ row: Row) throws(StoreFailure) {
        let kind: Kind = try row.named("kind")
        self.init(
            sequence: try row.required("sequence"), tenant: try row.checked("tenant_id", Tenant.ID.init),
            subject: try row.checked("subject") { Subject(kind, $0) }, cutoff: try row.moment("cutoff_at"),
            reason: try row.required("reason"), by: try row.required("revoked_by"),
            createdAt: try row.moment("created_at"), expiresAt: try row.moment("expires_at"))
    }

    /// The values of ``columns``.
    var values: StatementArguments {
        [
            sequence, tenant.text, subject.kind.rawValue, subject.text, cutoff.milliseconds, reason, by,
            createdAt.milliseconds, expiresAt.milliseconds,
        ]
    }
}

extension RevocationReader {
    /// The reader of a row.
    init(_ row: Row) throws(StoreFailure) {
        let tenant: String = try row.required("tenant_id")
        self.init(
            kind: try row.named("kind"), tenant: tenant.isEmpty ? nil : try row.checked("tenant_id", Tenant.ID.init),
            name: try row.required("name"), sequence: try row.required("sequence"), seenAt: try row.moment("seen_at"))
    }
}
