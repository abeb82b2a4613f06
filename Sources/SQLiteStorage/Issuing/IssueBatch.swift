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
            INSERT INTO user (tenant_id, user_id, name, image, custom, created_at, updated_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
            """)
        update = try RawStatement(
            db,
            """
            UPDATE user SET name = ?3, image = ?4, custom = ?5, updated_at = ?6 WHERE tenant_id = ?1 AND user_id = ?2
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
            case .insert: try store(user, of: command, by: insert)
            case .update: try store(user, of: command, by: update)
            }
            return .issued(user)
        }
    }

    /// Writes what was counted; the last thing before the commit.
    func finish() throws(StoreFailure) {
        try tally.write()
    }

    private func store(_ user: User, of command: IssueCommand, by statement: RawStatement) throws(StoreFailure) {
        try statement.bind(6, command.at.milliseconds)
        try statement.withBound(1, command.tenant.text) { () throws(StoreFailure) in
            try statement.withBound(2, user.id.text) { () throws(StoreFailure) in
                try statement.withBound(3, user.name) { () throws(StoreFailure) in
                    try statement.withBound(4, user.image) { () throws(StoreFailure) in
                        try statement.withBound(5, user.custom) { () throws(StoreFailure) in
                            try statement.changeOne()
                        }
                    }
                }
            }
        }
    }
}

/// What a command means for the user it found, before the quota is looked at.
private enum Ruling {
    enum Write {
        case none, insert, update
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
        self = .admitted(user, row.holds(user) ? .none : .update)
    }
}
