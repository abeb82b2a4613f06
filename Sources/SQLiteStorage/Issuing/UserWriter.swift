internal import Domain
internal import GRDB

/// Writes profiles on one connection; a row's status is none of its business.
struct UserWriter {
    private let insert: RawStatement, update: RawStatement

    init(_ db: Database) throws(StoreFailure) {
        insert = try RawStatement(
            db,
            """
            INSERT INTO user (name, image, custom, created_at, updated_at, tenant_id, user_id)
            VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6)
            """)
        update = try RawStatement(
            db,
            """
            UPDATE user SET name = ?1, image = ?2, custom = ?3, updated_at = ?4 WHERE rowid = ?5
            """)
    }

    /// Adds a user that is not there.
    func add(_ user: User, to tenant: Tenant.ID, at moment: Timestamp) throws(StoreFailure) {
        try insert.bind(5, copying: tenant.text)
        try insert.bind(6, copying: user.id.text)
        try write(user, at: moment, by: insert)
    }

    /// Replaces the profile of a row.
    func replace(_ row: Int64, by user: User, at moment: Timestamp) throws(StoreFailure) {
        try update.bind(5, row)
        try write(user, at: moment, by: update)
    }

    private func write(_ user: User, at moment: Timestamp, by statement: RawStatement) throws(StoreFailure) {
        try statement.bind(4, moment.milliseconds)
        try statement.withBound(1, user.name) { () throws(StoreFailure) in
            try statement.withBound(2, user.image) { () throws(StoreFailure) in
                try statement.withBound(3, user.custom) { () throws(StoreFailure) in
                    try statement.changeOne()
                }
            }
        }
    }
}
