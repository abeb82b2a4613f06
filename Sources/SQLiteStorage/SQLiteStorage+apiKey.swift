package import Domain
internal import GRDB
package import Tokens

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
            """, StatementArguments(key.fields) &+ key.origin)
        if let prefix = key.imported?.prefix {
            try db.execute(
                sql: "INSERT INTO imported_prefix (prefix) VALUES (?) ON CONFLICT DO NOTHING", arguments: [prefix])
        }
    }

    package func update(_ key: APIKey, after former: APIKey, recording audit: AuditDraft) throws(StoreFailure) {
        try write { db in
            try db.changeOne(
                """
                UPDATE api_key SET name = :name, scopes = :scopes, secret_hash = :hash, former_hash = :former,
                    former_until = :until, expires_at = :expires, allowed_addresses = :addresses, rate = :rate,
                    burst = :burst, leaked_at = :leaked, leaked_where = :place, quarantined_at = :quarantined
                WHERE api_key_id = :id AND owner = :owner AND tenant_id IS :tenant
                    AND (name, scopes, secret_hash, former_hash, former_until, expires_at, allowed_addresses, rate,
                        burst, leaked_at, leaked_where, quarantined_at, revoked_at) IS
                        (:name0, :scopes0, :hash0, :former0, :until0, :expires0, :addresses0, :rate0,
                        :burst0, :leaked0, :place0, :quarantined0, :revoked0)
                """, StatementArguments(key.fields) &+ .former(former.fields))
            try append(audit, db)
            try log(.apiKey(key.id), db)
        }
    }

    package func revoke(
        _ key: APIKey, with revocation: APIKey.Revocation, recording audit: AuditDraft
    ) throws(StoreFailure) {
        var revoked = key
        revoked.revocation = revocation
        try write { db in
            try db.changeOne(
                """
                UPDATE api_key SET revoked_at = :revoked, revoked_reason = :reason, revoked_by = :by,
                    former_hash = NULL, former_until = NULL
                WHERE api_key_id = :id AND owner = :owner AND tenant_id IS :tenant AND revoked_at IS NULL
                """, StatementArguments(revoked.fields))
            try append(audit, db)
            try log(.apiKey(key.id), db)
        }
    }

    package func importedKey(hash: Digest) throws(StoreFailure) -> APIKey.ID? {
        try read { db in
            try Row.fetchOne(
                db, sql: "SELECT api_key_id FROM api_key WHERE imported_hash = ?", arguments: [hash.stored]
            ).map { row in try row.checked("api_key_id", APIKey.ID.init) }
        }
    }

    package func importedPrefixes() throws(StoreFailure) -> [String] {
        try read { db in try String.fetchAll(db, sql: "SELECT prefix FROM imported_prefix ORDER BY prefix") }
    }
}
