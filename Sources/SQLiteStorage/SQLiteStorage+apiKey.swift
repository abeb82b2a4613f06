package import Domain
internal import GRDB

extension SQLiteStorage {
    package func apiKey(_ id: APIKey.ID) throws(StoreFailure) -> APIKey? {
        try read { db in
            try Row.fetchOne(
                db, sql: "SELECT \(APIKey.columns) FROM api_key WHERE api_key_id = ?", arguments: [id.text]
            ).map { row in try APIKey(row) }
        }
    }

    package func apiKeys(of owner: APIKey.Owner) throws(StoreFailure) -> [APIKey] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT \(APIKey.columns) FROM api_key WHERE owner = ? AND tenant_id IS ?
                    ORDER BY created_at, api_key_id
                    """, arguments: [owner.name, owner.tenant?.text]
            ).map { row in try APIKey(row) }
        }
    }

    package func create(_ key: APIKey, recording audit: AuditDraft) throws(StoreFailure) {
        try write { db in
            try insert(key, db)
            try append(audit, db)
            try log(.apiKey(key.id), db)
        }
    }

    func insert(_ key: APIKey, _ db: Database) throws {
        try db.changeOne(
            """
            INSERT INTO api_key (\(APIKey.columns))
            VALUES (:id, :owner, :tenant, :name, :scopes, :hash, :former, :until, :created, :expires, :revoked,
                :reason, :by, :addresses, :rate, :burst, :prefix, :imported, :leaked, :place, :quarantined)
            """, key.fields &+ key.origin)
        if let prefix = key.imported?.prefix {
            try db.execute(
                sql: "INSERT INTO imported_prefix (prefix) VALUES (?) ON CONFLICT DO NOTHING", arguments: [prefix])
        }
    }

    package func update(_ key: APIKey, recording audit: AuditDraft) throws(StoreFailure) {
        try write { db in
            try db.changeOne(
                """
                UPDATE api_key SET name = :name, scopes = :scopes, secret_hash = :hash, former_hash = :former,
                    former_until = :until, expires_at = :expires, revoked_at = :revoked, revoked_reason = :reason,
                    revoked_by = :by, allowed_addresses = :addresses, rate = :rate, burst = :burst,
                    -- Where a secret was seen says nothing of its successor.
                    leaked_where = CASE WHEN leaked_at IS NULL OR secret_hash = :hash THEN leaked_where
                        ELSE 'unknown' END
                WHERE api_key_id = :id AND owner = :owner AND tenant_id IS :tenant
                    -- A rotation that was read before a revocation must not undo it.
                    AND (revoked_at IS NULL OR :revoked IS NOT NULL)
                """, key.fields)
            try append(audit, db)
            try log(.apiKey(key.id), db)
        }
    }
}
