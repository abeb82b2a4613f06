package import Domain
internal import GRDB

extension SQLiteStorage {
    package func tenant(_ id: Tenant.ID) throws(StoreFailure) -> (tenant: Tenant, keys: [SealedKey])? {
        try read { db in
            guard
                let row = try Row.fetchOne(
                    db, sql: "SELECT \(Tenant.columns) FROM tenant WHERE tenant_id = ?", arguments: [id.text])
            else { return nil }
            let claims = try String.fetchAll(
                db, sql: "SELECT name FROM token_claim WHERE tenant_id = ? ORDER BY position", arguments: [id.text])
            let keys = try Row.fetchAll(
                db,
                sql: "SELECT \(SealedKey.columns) FROM signing_key WHERE tenant_id = ? ORDER BY created_at, kid",
                arguments: [id.text])
            let planID: String = try row.required("plan")
            let plan = try Row.fetchOne(
                db, sql: "SELECT \(Plan.columns) FROM plan WHERE plan_id = ?", arguments: [planID]
            ).map { row in try Plan(row) }
            return (try Tenant(row, plan: plan, tokenClaims: claims), try keys.map(SealedKey.init))
        }
    }

    package func tenants() throws(StoreFailure) -> [Tenant] {
        try read { db in
            var claims: [String: [String]] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT tenant_id, name FROM token_claim ORDER BY position") {
                claims[try row.required("tenant_id"), default: []].append(try row.required("name"))
            }
            var plans: [String: Plan] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT \(Plan.columns) FROM plan") {
                plans[try row.required("plan_id")] = try Plan(row)
            }
            return try Row.fetchAll(db, sql: "SELECT \(Tenant.columns) FROM tenant ORDER BY tenant_id").map { row in
                try Tenant(
                    row, plan: plans[try row.required("plan")],
                    tokenClaims: claims[try row.required("tenant_id")] ?? [])
            }
        }
    }

    package func create(
        _ tenant: Tenant, signingKey: SealedKey, recording audit: AuditDraft
    ) throws(StoreFailure) {
        try write { db in
            try insert(tenant, db)
            try insert(signingKey, of: tenant.id, db)
            try append(audit, db)
            try log(.tenant(tenant.id), db)
        }
    }

    func insert(_ tenant: Tenant, _ db: Database) throws {
        try db.changeOne(
            """
            INSERT INTO tenant
                (tenant_id, name, status, plan, rate, burst, quota, token_life, xmpp_host, created_at,
                user_pairs, user_window, shadow)
            VALUES (:tenant, :name, :status, :plan, :rate, :burst, :quota, :life, :host, :created,
                :pairs, :window, :shadow)
            """,
            StatementArguments(tenant.settings) &+ [
                "status": tenant.status.rawValue, "created": tenant.createdAt.milliseconds,
            ])
        try insertClaims(of: tenant, db)
    }

    package func update(_ tenant: Tenant, after former: Tenant, recording audit: AuditDraft) throws(StoreFailure) {
        try write { db in
            try db.changeOne(
                """
                UPDATE tenant SET name = :name, plan = :plan, rate = :rate, burst = :burst, quota = :quota,
                    token_life = :life, xmpp_host = :host, user_pairs = :pairs, user_window = :window, shadow = :shadow
                WHERE tenant_id = :tenant
                    AND (name, plan, rate, burst, quota, token_life, xmpp_host, user_pairs, user_window, shadow) IS
                        (:name0, :plan0, :rate0, :burst0, :quota0, :life0, :host0, :pairs0, :window0, :shadow0)
                """, StatementArguments(tenant.settings) &+ .former(former.settings))
            try db.execute(sql: "DELETE FROM token_claim WHERE tenant_id = ?", arguments: [tenant.id.text])
            try insertClaims(of: tenant, db)
            try append(audit, db)
            try log(.tenant(tenant.id), db)
        }
    }

    package func setStatus(
        _ status: Tenant.Status, of tenant: Tenant.ID, recording audit: AuditDraft
    ) throws(StoreFailure) {
        try write { db in
            switch status {
            case .active, .suspended:
                try db.changeOne(
                    "UPDATE tenant SET status = ? WHERE tenant_id = ? AND deleted_at IS NULL",
                    [status.rawValue, tenant.text])
            case .deleted:
                try db.changeOne(
                    """
                    UPDATE tenant SET status = 'suspended', deleted_at = ? WHERE tenant_id = ? AND deleted_at IS NULL
                    """, [world.now().milliseconds, tenant.text])
            }
            try append(audit, db)
            try log(.tenant(tenant), db)
        }
    }

    private func insertClaims(of tenant: Tenant, _ db: Database) throws {
        for (position, name) in tenant.tokenClaims.enumerated() {
            try db.changeOne(
                "INSERT INTO token_claim (tenant_id, position, name) VALUES (?, ?, ?)",
                [tenant.id.text, position, name])
        }
    }
}
