package import Domain
package import Tokens

extension PostgresStorage {
    package func setTerms(of key: APIKey, recording audit: AuditDraft) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
            try connection.changeOne(
                Statement(
                    """
                    UPDATE api_key SET name = $4, expires_at = $5, allowed_addresses = $6, rate = $7, burst = $8
                    WHERE api_key_id = $1 AND owner = $2 AND tenant_id IS NOT DISTINCT FROM $3
                    """, key.terms))
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

    package func setLeak(
        _ leak: APIKey.Leak, of key: APIKey.ID, endingGrace endsGrace: Bool, recording audit: AuditDraft
    ) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
            try connection.changeOne(
                Statement(
                    """
                    UPDATE api_key SET leaked_at = $2, leaked_where = $3, quarantined_at = $4,
                        former_hash = CASE WHEN $5 = 1 THEN NULL ELSE former_hash END,
                        former_until = CASE WHEN $5 = 1 THEN NULL ELSE former_until END
                    WHERE api_key_id = $1
                    """, .text(key.text), .number(leak.at.milliseconds), .text(leak.place),
                    .number(leak.quarantinedAt?.milliseconds), .number(endsGrace ? 1 : 0)))
            try append(audit, &connection)
            try log(.apiKey(key), &connection)
        }
    }
}

extension APIKey {
    /// What names the key, then its terms.
    fileprivate var terms: [Statement.Value] {
        [
            .text(id.text), .text(owner.name), .text(owner.tenant?.text), .text(name),
            .number(expiresAt?.milliseconds), .text(allowedAddresses.stored),
            .number(rateLimit.map { Int64($0.rate) }), .number(rateLimit.map { Int64($0.burst) }),
        ]
    }
}
