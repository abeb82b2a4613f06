package import Domain

extension PostgresStorage {
    package func tenant(_ id: Tenant.ID) throws(StoreFailure) -> (tenant: Tenant, keys: [SealedKey])? {
        try pool.use { connection throws(StoreFailure) in
            var tenant: Tenant?
            var keys: [SealedKey] = []
            try connection.exchange([
                .beginReading, .limits,
                Statement("SELECT \(Tenant.columns) FROM \(Tenant.tables) WHERE tenant_id = $1", .text(id.text)),
                Statement("SELECT name FROM token_claim WHERE tenant_id = $1 ORDER BY position", .text(id.text)),
                Statement(
                    "SELECT \(SealedKey.columns) FROM signing_key WHERE tenant_id = $1 ORDER BY created_at, kid",
                    .text(id.text)),
                .commit,
            ]) { place, answer throws(StoreFailure) in
                switch place {
                case 2: tenant = try answer.row { row throws(StoreFailure) in try Tenant(row) }
                case 3: tenant?.tokenClaims = try answer.rows { row throws(StoreFailure) in try row.text(0) }
                case 4: keys = try answer.rows { row throws(StoreFailure) in try SealedKey(row) }
                default: break
                }
            }
            return tenant.map { ($0, keys) }
        }
    }

    package func tenants() throws(StoreFailure) -> [Tenant] {
        try pool.use { connection throws(StoreFailure) in
            var claims: [String: [String]] = [:]
            var tenants: [Tenant] = []
            try connection.exchange([
                .beginReading, .limits,
                Statement("SELECT tenant_id, name FROM token_claim ORDER BY tenant_id, position"),
                Statement("SELECT \(Tenant.columns) FROM \(Tenant.tables) ORDER BY tenant_id"),
                .commit,
            ]) { place, answer throws(StoreFailure) in
                switch place {
                case 2:
                    for (id, name) in try answer.rows({ row throws(StoreFailure) in (try row.text(0), try row.text(1)) }
                    ) { claims[id, default: []].append(name) }
                case 3:
                    tenants = try answer.rows { row throws(StoreFailure) in
                        try Tenant(row, tokenClaims: claims[try row.text(0)] ?? [])
                    }
                default: break
                }
            }
            return tenants
        }
    }

    package func create(
        _ tenant: Tenant, signingKey: SealedKey, recording audit: AuditDraft
    ) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
            try insert(tenant, &connection)
            try insert(signingKey, of: tenant.id, &connection)
            try append(audit, &connection)
            try log(.tenant(tenant.id), &connection)
        }
    }

    func insert(_ tenant: Tenant, _ connection: inout Connection) throws(StoreFailure) {
        try connection.changeOne(
            Statement(
                """
                INSERT INTO tenant
                    (tenant_id, name, plan, rate, burst, quota, token_life, xmpp_host, user_pairs, user_window,
                    shadow, status, created_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                """,
                tenant.settings + [.text(tenant.status.rawValue), .number(tenant.createdAt.milliseconds)]))
        try insertClaims(of: tenant, &connection)
    }

    package func update(_ tenant: Tenant, after former: Tenant, recording audit: AuditDraft) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
            try connection.changeOne(
                Statement(
                    """
                    UPDATE tenant SET name = $2, plan = $3, rate = $4, burst = $5, quota = $6, token_life = $7,
                        xmpp_host = $8, user_pairs = $9, user_window = $10, shadow = $11
                    WHERE tenant_id = $1
                        AND (name, plan, rate, burst, quota, token_life, xmpp_host, user_pairs, user_window, shadow)
                            IS NOT DISTINCT FROM ($12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
                    """, tenant.settings + former.settings.dropFirst()))
            try connection.exchange([
                Statement("DELETE FROM token_claim WHERE tenant_id = $1", .text(tenant.id.text))
            ])
            try insertClaims(of: tenant, &connection)
            try append(audit, &connection)
            try log(.tenant(tenant.id), &connection)
        }
    }

    package func setStatus(
        _ status: Tenant.Status, of tenant: Tenant.ID, recording audit: AuditDraft
    ) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
            let isDeleted = status == .deleted
            try connection.changeOne(
                Statement(
                    "UPDATE tenant SET status = $2, deleted_at = $3 WHERE tenant_id = $1 AND deleted_at IS NULL",
                    .text(tenant.text), .text((isDeleted ? .suspended : status).rawValue),
                    .number(isDeleted ? world.now().milliseconds : nil)))
            try append(audit, &connection)
            try log(.tenant(tenant), &connection)
        }
    }

    private func insertClaims(of tenant: Tenant, _ connection: inout Connection) throws(StoreFailure) {
        try connection.exchange([
            Statement(
                """
                INSERT INTO token_claim (tenant_id, position, name)
                SELECT $1, position - 1, name FROM unnest($2) WITH ORDINALITY AS claim(name, position)
                """, .text(tenant.id.text), .texts(tenant.tokenClaims))
        ])
    }
}

extension Statement {
    /// Begins a transaction in which everything is read at one moment.
    static let beginReading = Statement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    static let commit = Statement("COMMIT")
}
