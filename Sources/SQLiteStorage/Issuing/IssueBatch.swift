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

    /// Carries out one command; one that is refused changes nothing.
    mutating func carryOut(_ command: IssueCommand) throws(StoreFailure) -> IssueOutcome {
        let ruling = try users.row(command.tenant, command.change.id) { row throws(StoreFailure) in
            Ruling(command, on: row)
        }
        switch ruling {
        case .refused(let outcome): return outcome
        case .admitted(let user, let write):
            guard try tally.count(command) else { return .quotaExceeded }
            switch write {
            case .none: break
            case .insert: try add(user, command)
            case .update(let row): try replace(row, by: user, at: command.at)
            }
            return .issued(user)
        }
    }

    /// Writes what was counted; the last thing before the commit.
    func finish() throws(StoreFailure) {
        try tally.write()
    }

    private func add(_ user: User, _ command: IssueCommand) throws(StoreFailure) {
        try insert.withBound(5, command.tenant.text) { () throws(StoreFailure) in
            try insert.withBound(6, user.id.text) { () throws(StoreFailure) in
                try write(user, at: command.at, by: insert)
            }
        }
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

/// What a command means for the user it found, before the quota is looked at.
private enum Ruling {
    enum Write {
        case none, insert
        case update(row: Int64)
    }

    case refused(IssueOutcome)
    case admitted(User, Write)

    init(_ command: IssueCommand, on row: StoredUser?) {
        guard row?.isDeactivated != true else {
            self = .refused(.userDeactivated)
            return
        }
        let user = command.change.applied(to: row?.kept(by: command.change))
        guard command.draft.admits(user) else {
            self = .refused(.tokenTooLarge)
            return
        }
        guard let row else {
            self = .admitted(user, .insert)
            return
        }
        self = .admitted(user, row.holds(user) ? .none : .update(row: row.number))
    }
}
