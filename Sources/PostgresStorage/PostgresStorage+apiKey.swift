package import Domain
package import Tokens

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
                """, key.owned + key.changeable + key.revoked + key.origin))
        if let prefix = key.imported?.prefix {
            try connection.exchange([
                Statement("INSERT INTO imported_prefix (prefix) VALUES ($1) ON CONFLICT DO NOTHING", .text(prefix))
            ])
        }
    }

    package func update(_ key: APIKey, after former: APIKey, recording audit: AuditDraft) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
            try connection.changeOne(
                Statement(
                    """
                    UPDATE api_key SET name = $4, scopes = $5, secret_hash = $6, former_hash = $7, former_until = $8,
                        expires_at = $9, allowed_addresses = $10, rate = $11, burst = $12, leaked_at = $13,
                        leaked_where = $14, quarantined_at = $15
                    WHERE api_key_id = $1 AND owner = $2 AND tenant_id IS NOT DISTINCT FROM $3
                        AND (name, scopes, secret_hash, former_hash, former_until, expires_at, allowed_addresses,
                            rate, burst, leaked_at, leaked_where, quarantined_at, revoked_at) IS NOT DISTINCT FROM
                            ($16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28)
                    """, key.owned + key.changeable + former.changeable + former.revoked.prefix(1)))
            try append(audit, &connection)
            try log(.apiKey(key.id), &connection)
        }
    }

    package func revoke(
        _ key: APIKey, with revocation: APIKey.Revocation, recording audit: AuditDraft
    ) throws(StoreFailure) {
        var revoked = key
        revoked.revocation = revocation
        let values = revoked.owned + revoked.revoked
        try write { connection throws(StoreFailure) in
            try connection.changeOne(
                Statement(
                    """
                    UPDATE api_key SET revoked_at = $4, revoked_reason = $5, revoked_by = $6, former_hash = NULL,
                        former_until = NULL
                    WHERE api_key_id = $1 AND owner = $2 AND tenant_id IS NOT DISTINCT FROM $3 AND revoked_at IS NULL
                    """, values))
            try append(audit, &connection)
            try log(.apiKey(key.id), &connection)
        }
    }

    package func importedKey(hash: Digest) throws(StoreFailure) -> APIKey.ID? {
        try read(Statement("SELECT api_key_id FROM api_key WHERE imported_hash = $1", .bytes(hash.bytes))) {
            row throws(StoreFailure) in try row.checked(0, APIKey.ID.init)
        }.first
    }

    package func importedPrefixes() throws(StoreFailure) -> [String] {
        try read(Statement("SELECT prefix FROM imported_prefix ORDER BY prefix")) {
            row throws(StoreFailure) in try row.text(0)
        }
    }
}
