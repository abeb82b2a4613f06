package import Domain
internal import GRDB

extension SQLiteStorage {
    package func issue(_ commands: [IssueCommand]) throws(StoreFailure) -> [IssueOutcome] {
        try StoreFailure.translating {
            try pool.writeWithoutTransaction { db in
                var batch = try IssueBatch(db)
                let outcomes = try RawTransaction(db)() { () throws(StoreFailure) in
                    var outcomes: [IssueOutcome] = []
                    outcomes.reserveCapacity(commands.count)
                    for command in commands { outcomes.append(try batch.carryOut(command)) }
                    try batch.finish()
                    return outcomes
                }
                checkpointer?.relieve(db)
                return outcomes
            }
        }
    }

    package func user(_ tenant: Tenant.ID, _ id: User.ID) throws(StoreFailure) -> User? {
        try read { db in try UserTable(db).user(tenant, id) }
    }

    package func issuedPairs(_ tenant: Tenant.ID, in month: Month) throws(StoreFailure) -> Int64 {
        try read { db in
            try Int64.fetchOne(
                db, sql: "SELECT pairs FROM issued_month WHERE tenant_id = ? AND month = ?",
                arguments: [tenant.text, month.number]) ?? 0
        }
    }
}
