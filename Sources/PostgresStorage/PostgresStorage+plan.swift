package import Domain

extension PostgresStorage {
    package func plan(_ id: Plan.ID) throws(StoreFailure) -> Plan? {
        try read(Statement("SELECT \(Plan.columns) FROM plan WHERE plan_id = $1", .text(id.text))) {
            row throws(StoreFailure) in try Plan(row)
        }.first
    }

    package func plans() throws(StoreFailure) -> [Plan] {
        try read(Statement("SELECT \(Plan.columns) FROM plan ORDER BY plan_id")) {
            row throws(StoreFailure) in try Plan(row)
        }
    }

    package func create(_ plan: Plan, recording audit: AuditDraft) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
            try connection.changeOne(
                Statement(
                    "INSERT INTO plan (\(Plan.columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                    plan.settings + [.number(plan.createdAt?.milliseconds)]))
            try append(audit, &connection)
        }
    }

    package func update(_ plan: Plan, recording audit: AuditDraft) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
            try connection.changeOne(
                Statement(
                    """
                    UPDATE plan SET name = $2, rate = $3, burst = $4, quota = $5, key_rate = $6, key_burst = $7,
                        user_pairs = $8, user_window = $9
                    WHERE plan_id = $1
                    """, plan.settings))
            try append(audit, &connection)
            try log(.plan(plan.id), &connection)
        }
    }

    package func deletePlan(_ id: Plan.ID, recording audit: AuditDraft) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
            // Locked before it is looked for: a tenant that takes the plan meanwhile waits for this commit.
            var isThere = false, tenants: Int64 = 0
            try connection.exchange([
                Statement("SELECT 1::bigint FROM plan WHERE plan_id = $1 FOR UPDATE", .text(id.text)),
                Statement("SELECT count(*) FROM tenant WHERE plan = $1", .text(id.text)),
            ]) { place, answer throws(StoreFailure) in
                let number = try answer.row { row throws(StoreFailure) in try row.number(0) }
                if place == 0 { isThere = number != nil } else { tenants = number ?? 0 }
            }
            guard isThere else { throw .missing }
            guard tenants == 0 else { throw .conflict }
            try connection.changeOne(Statement("DELETE FROM plan WHERE plan_id = $1", .text(id.text)))
            try append(audit, &connection)
        }
    }
}
