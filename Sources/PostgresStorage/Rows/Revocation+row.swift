internal import Domain

extension Revocation {
    static let columns =
        "sequence, tenant_id, kind, subject, cutoff_at, reason, revoked_by, created_at, expires_at"

    /// The revocation of a row with ``columns``, which begin at the given one.
    init(_ row: borrowing Row, from first: Int = 0) throws(StoreFailure) {
        let kind = try row.checked(first + 2, Kind.init(rawValue:))
        self.init(
            sequence: try row.number(first), tenant: try row.checked(first + 1, Tenant.ID.init),
            subject: try row.checked(first + 3) { Subject(kind, $0) }, cutoff: try row.moment(first + 4),
            reason: try row.text(first + 5), by: try row.text(first + 6), createdAt: try row.moment(first + 7),
            expiresAt: try row.moment(first + 8))
    }
}

extension RevocationReader {
    /// The reader of a row of tenant, kind, name, sequence and when it was seen.
    init(_ row: borrowing Row) throws(StoreFailure) {
        let tenant = try row.text(0)
        self.init(
            kind: try row.checked(1, Kind.init(rawValue:)),
            tenant: tenant.isEmpty ? nil : try row.checked(0, Tenant.ID.init), name: try row.text(2),
            sequence: try row.number(3), seenAt: try row.moment(4))
    }
}
