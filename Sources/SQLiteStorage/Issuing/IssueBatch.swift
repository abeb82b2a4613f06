internal import Domain
internal import GRDB

/// One batch of issue commands inside its transaction.
struct IssueBatch {
    private let users: UserTable
    private let writer: UserWriter
    private var tally: MonthTally
    private var days: DayTally
    /// Made for the first grant that is to be refreshed; most batches have none.
    private var grants: GrantTable?
    private let db: Database

    init(_ db: Database) throws(StoreFailure) {
        self.db = db
        users = try UserTable(db)
        writer = try UserWriter(db)
        tally = try MonthTally(db)
        days = try DayTally(db)
    }

    /// Carries out one command; one that is refused changes nothing, and a user that stays the same is not written.
    mutating func carryOut(_ command: IssueCommand) throws(StoreFailure) -> IssueOutcome {
        defer { users.leave() }
        let row = try users.find(command.tenant, command.change.id)
        guard row?.isDeactivated != true else { return .userDeactivated }
        let user = command.change.applied(to: row?.kept(by: command.change))
        guard command.draft.admits(user) else { return .tokenTooLarge }
        guard try tally.count(command) else { return .quotaExceeded }
        days.count(command)
        if let grant = command.refresh { try add(grant) }
        guard let row else {
            try writer.add(user, to: command.tenant, at: command.at)
            return .issued(user)
        }
        if !row.holds(user) {
            let number = row.number
            users.leave()
            try writer.replace(number, by: user, at: command.at)
        }
        return .issued(user)
    }

    /// Writes what was counted; the last thing before the commit.
    func finish() throws(StoreFailure) {
        try tally.write()
        try days.write()
    }

    private mutating func add(_ grant: RefreshableGrant) throws(StoreFailure) {
        if let grants { return try grants.add(grant) }
        let table = try GrantTable(db)
        grants = table
        try table.add(grant)
    }
}
