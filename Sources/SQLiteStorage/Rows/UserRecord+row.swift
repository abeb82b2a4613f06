internal import Domain
internal import GRDB

extension UserRecord {
    static let columns = "user_id, name, image, custom, created_at, updated_at, deactivated_at, rowid"

    /// The record of the row on which a statement that reads ``columns`` stands.
    init(_ statement: RawStatement) throws(StoreFailure) {
        guard let id = statement.text(0).flatMap(User.ID.init) else {
            throw .corrupt(cause: "column user_id breaks its rules")
        }
        self.init(
            user: User(
                id: id, name: statement.text(1), image: statement.text(2), custom: statement.bytes(3)),
            createdAt: Timestamp(milliseconds: statement.integer(4)),
            updatedAt: Timestamp(milliseconds: statement.integer(5)),
            deactivatedAt: statement.isNull(6) ? nil : Timestamp(milliseconds: statement.integer(6)))
    }
}

/// A user's row as management sees it, found by its key.
struct UserRow {
    let record: UserRecord
    /// By which the row is found again without its key.
    let number: Int64

    /// The row; nil where there is none.
    static func find(_ tenant: Tenant.ID, _ id: User.ID, _ db: Database) throws(StoreFailure) -> UserRow? {
        let select = try RawStatement(
            db, "SELECT \(UserRecord.columns) FROM user WHERE tenant_id = ?1 AND user_id = ?2")
        defer { select.reset() }
        try select.bind(1, copying: tenant.text)
        try select.bind(2, copying: id.text)
        return try select.step() ? UserRow(record: try UserRecord(select), number: select.integer(7)) : nil
    }
}
