package import Domain

extension PostgresStorage {
    package func apiKey(_ id: APIKey.ID) throws(StoreFailure) -> APIKey? {
        try read(Statement("SELECT \(APIKey.columns) FROM api_key WHERE api_key_id = $1", .text(id.text))) {
            row throws(StoreFailure) in try APIKey(row)
        }.first
    }

    package func apiKeys(of owner: APIKey.Owner) throws(StoreFailure) -> [APIKey] {
        try read(
            Statement(
                """
                SELECT \(APIKey.columns) FROM api_key
                WHERE owner = $1 AND (tenant_id = $2 OR tenant_id IS NULL AND $2 IS NULL)
                ORDER BY created_at, api_key_id
                """, .text(owner.name), .text(owner.tenant?.text))
        ) { row throws(StoreFailure) in try APIKey(row) }
    }

    package func create(_ key: APIKey, recording audit: AuditDraft) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
            try insert(key, &connection)
            try append(audit, &connection)
            try log(.apiKey(key.id), &connection)
        }
    }

    func insert(_ key: APIKey, _ connection: inout Connection) throws(StoreFailure) {
        try connection.changeOne(
            Statement(
                """
                INSERT INTO api_key (\(APIKey.columns))
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                    $21)
                """, key.fields + key.origin))
        if let prefix = key.imported?.prefix {
            try connection.exchange([
                Statement("INSERT INTO imported_prefix (prefix) VALUES ($1) ON CONFLICT DO NOTHING", .text(prefix))
            ])
        }
    }

    package func update(_ key: APIKey, recording audit: AuditDraft) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
            try connection.changeOne(
                Statement(
                    """
                    UPDATE api_key SET name = $4, scopes = $5, secret_hash = $6, former_hash = $7, former_until = $8,
                        expires_at = $9, revoked_at = $10, revoked_reason = $11,
                        revoked_by = $12, allowed_addresses = $13, rate = $14, burst = $15,
                        -- Where a secret was seen says nothing of its successor.
                        leaked_where = CASE WHEN leaked_at IS NULL OR secret_hash = $6 THEN leaked_where
                            ELSE 'unknown' END
                    WHERE api_key_id = $1 AND owner = $2 AND tenant_id IS NOT DISTINCT FROM $3
                        -- A rotation that was read before a revocation must not undo it.
                        AND (revoked_at IS NULL OR $10 IS NOT NULL)
                    """, key.fields))
            try append(audit, &connection)
            try log(.apiKey(key.id), &connection)
        }
    }
}
