internal import Domain
internal import GRDB

/// The look-up of users on one connection.
struct UserTable {
    private let select: RawStatement

    init(_ db: Database) throws(StoreFailure) {
        select = try RawStatement(
            db,
            """
            SELECT name, image, custom, deactivated_at, rowid FROM user WHERE tenant_id = ?1 AND user_id = ?2
            """)
    }

    /// The user's row, or nil where there is none; it can be read until `leave`.
    func find(_ tenant: Tenant.ID, _ id: User.ID) throws(StoreFailure) -> StoredUser? {
        try select.bind(1, copying: tenant.text)
        try select.bind(2, copying: id.text)
        return try select.step() ? StoredUser(statement: select) : nil
    }

    /// Ends the reading of a row, found or not.
    func leave() {
        select.reset()
    }

    /// The user as stored, and whether he may be issued tokens.
    func standing(
        _ tenant: Tenant.ID, _ id: User.ID
    ) throws(StoreFailure) -> (user: User, isDeactivated: Bool)? {
        defer { leave() }
        return try find(tenant, id).map { row in
            (User(id: id, name: row.name, image: row.image, custom: row.custom), row.isDeactivated)
        }
    }

    /// The user as stored.
    func user(_ tenant: Tenant.ID, _ id: User.ID) throws(StoreFailure) -> User? {
        defer { leave() }
        return try find(tenant, id).map { row in
            User(id: id, name: row.name, image: row.image, custom: row.custom)
        }
    }
}

/// A user's row while a statement stands on it; reads only the columns it is asked for.
struct StoredUser {
    fileprivate let statement: RawStatement

    var name: String? { statement.text(0) }
    var image: String? { statement.text(1) }
    var custom: [UInt8]? { statement.bytes(2) }
    var isDeactivated: Bool { !statement.isNull(3) }
    /// By which the row is found again without its key.
    var number: Int64 { statement.integer(4) }

    /// The stored user as far as the change looks at it: what it replaces anyway need not be read.
    func kept(by change: UserChange) -> User {
        var user = User(id: change.id)
        // Matched, not compared: `==` of a generic enum costs more than the columns.
        if case .keep = change.name { user.name = name }
        if case .keep = change.image { user.image = image }
        if case .keep = change.custom { user.custom = custom }
        return user
    }

    /// Whether the row says the same as the user, byte for byte.
    func holds(_ user: User) -> Bool {
        statement.holds(0, user.name) && statement.holds(1, user.image) && statement.holds(2, user.custom)
    }
}
