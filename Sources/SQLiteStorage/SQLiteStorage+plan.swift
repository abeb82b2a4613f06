package import Domain
internal import GRDB

extension SQLiteStorage {
    package func plan(_ id: Plan.ID) throws(StoreFailure) -> Plan? {
        try read { db in
            try Row.fetchOne(db, sql: "SELECT \(Plan.columns) FROM plan WHERE plan_id = ?", arguments: [id.text])
                .map { row in try Plan(row) }
        }
    }

    package func plans() throws(StoreFailure) -> [Plan] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT \(Plan.columns) FROM plan ORDER BY plan_id").map { row in try Plan(row) }
        }
    }

    package func create(_ plan: Plan, recording audit: AuditDraft) throws(StoreFailure) {
        try write { db in
            try db.changeOne(
                """
                INSERT INTO plan (\(Plan.columns))
                VALUES (:plan, :name, :rate, :burst, :quota, :keyRate, :keyBurst, :pairs, :window, :created)
                """, plan.settings &+ ["created": plan.createdAt?.milliseconds])
            try append(audit, db)
        }
    }

    package func update(_ plan: Plan, recording audit: AuditDraft) throws(StoreFailure) {
        try write { db in
            try db.changeOne(
                """
                UPDATE plan SET name = :name, rate = :rate, burst = :burst, quota = :quota, key_rate = :keyRate,
                    key_burst = :keyBurst, user_pairs = :pairs, user_window = :window
                WHERE plan_id = :plan
                """, plan.settings)
            try append(audit, db)
            try log(.plan(plan.id), db)
        }
    }

    package func deletePlan(_ id: Plan.ID, recording audit: AuditDraft) throws(StoreFailure) {
        try write { db in
            let tenants = try Int.fetchOne(
                db, sql: "SELECT count(*) FROM tenant WHERE plan = ?", arguments: [id.text])
            guard tenants == 0 else { throw StoreFailure.conflict }
            try db.changeOne("DELETE FROM plan WHERE plan_id = ?", [id.text])
            try append(audit, db)
        }
    }
}
