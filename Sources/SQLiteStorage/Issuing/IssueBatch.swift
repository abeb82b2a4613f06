internal import Domain
internal import GRDB

/// One batch of issue commands inside its transaction.
struct IssueBatch {
    private let users: UserTable
    private let insert: RawStatement, update: RawStatement
    private var tally: MonthTally

    init(_ db: Database) throws(StoreFailure) {
        users = try UserTable(db)
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
        tally = try MonthTally(db)
    }

    /// Carries out one command; one that is refused changes nothing, and a user that stays the same is not written.
    mutating func carryOut(_ command: IssueCommand) throws(StoreFailure) -> IssueOutcome {
        defer { users.leave() }
        let row = try users.find(command.tenant, command.change.id)
        guard row?.isDeactivated != true else { return .userDeactivated }
        let user = command.change.applied(to: row?.kept(by: command.change))
        guard command.draft.admits(user) else { return .tokenTooLarge }
        guard try tally.count(command.tenant, command.month, quota: command.quota) else { return .quotaExceeded }
        guard let row else {
            try add(user, to: command.tenant, at: command.at)
            return .issued(user)
        }
        if !row.holds(user) {
            let number = row.number
            users.leave()
            try replace(number, by: user, at: command.at)
        }
        return .issued(user)
    }

    /// Writes what was counted; the last thing before the commit.
    func finish() throws(StoreFailure) {
        try tally.write()
    }

    private func add(_ user: User, to tenant: Tenant.ID, at moment: Timestamp) throws(StoreFailure) {
        try insert.bind(5, copying: tenant.text)
        try insert.bind(6, copying: user.id.text)
        try write(user, at: moment, by: insert)
    }

    private func replace(_ row: Int64, by user: User, at moment: Timestamp) throws(StoreFailure) {
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
