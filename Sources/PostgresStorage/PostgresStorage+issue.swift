package import Domain

extension PostgresStorage {
    /// How often a batch is decided anew because another node was faster.
    private static let tries = 16

    package func issue(_ commands: [IssueCommand]) throws(StoreFailure) -> [IssueOutcome] {
        guard !commands.isEmpty else { return [] }
        var batch = IssueBatch(commands)
        return try writer.use { connection throws(StoreFailure) in
            // A batch that says all of every user can be tried without knowing what is stored.
            var known = batch.isWhole ? nil : try batch.look(&connection)
            for _ in 0..<Self.tries {
                let outcomes = batch.decide(known)
                if try batch.carryOut(&connection) { return outcomes }
                known = try batch.look(&connection)
            }
            throw .unavailable(cause: "other nodes keep changing what a batch is about")
        }
    }

    package func user(_ tenant: Tenant.ID, _ id: User.ID) throws(StoreFailure) -> User? {
        try read(
            Statement(
                #"SELECT name, image, custom FROM "user" WHERE tenant_id = $1 AND user_id = $2"#, .text(tenant.text),
                .text(id.text))
        ) { row throws(StoreFailure) in
            User(id: id, name: try row.optionalText(0), image: try row.optionalText(1), custom: try row.optionalBytes(2))
        }.first
    }

    package func issuedPairs(_ tenant: Tenant.ID, in month: Month) throws(StoreFailure) -> Int64 {
        try read(
            Statement(
                "SELECT pairs FROM issued_month WHERE tenant_id = $1 AND month = $2", .text(tenant.text),
                .number(Int64(month.number)))
        ) { row throws(StoreFailure) in try row.number(0) }.first ?? 0
    }
}
