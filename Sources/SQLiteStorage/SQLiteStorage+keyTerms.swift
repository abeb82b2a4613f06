package import Domain
internal import Foundation
internal import GRDB
package import Tokens

extension SQLiteStorage {
    package func setTerms(of key: APIKey, recording audit: AuditDraft) throws(StoreFailure) {
        try write { db in
            try db.changeOne(
                """
                UPDATE api_key SET name = :name, expires_at = :expires, allowed_addresses = :addresses, rate = :rate,
                    burst = :burst
                WHERE api_key_id = :id AND owner = :owner AND tenant_id IS :tenant
                """, key.terms)
            try append(audit, db)
            try log(.apiKey(key.id), db)
        }
    }

    package func importedKey(hash: Digest) throws(StoreFailure) -> APIKey.ID? {
        try read { db in
            try Row.fetchOne(
                db, sql: "SELECT api_key_id FROM api_key WHERE imported_hash = ?", arguments: [Data(hash.bytes)]
            ).map { row in try row.checked("api_key_id", APIKey.ID.init) }
        }
    }

    package func importedPrefixes() throws(StoreFailure) -> [String] {
        try read { db in try String.fetchAll(db, sql: "SELECT prefix FROM imported_prefix ORDER BY prefix") }
    }

    package func setLeak(
        _ leak: APIKey.Leak, of key: APIKey.ID, endingGrace endsGrace: Bool, recording audit: AuditDraft
    ) throws(StoreFailure) {
        try write { db in
            try db.changeOne(
                """
                UPDATE api_key SET leaked_at = ?, leaked_where = ?, quarantined_at = ?,
                    former_hash = CASE WHEN ?4 THEN NULL ELSE former_hash END,
                    former_until = CASE WHEN ?4 THEN NULL ELSE former_until END
                WHERE api_key_id = ?5
                """, [leak.at.milliseconds, leak.place, leak.quarantinedAt?.milliseconds, endsGrace, key.text])
            try append(audit, db)
            try log(.apiKey(key), db)
        }
    }
}

extension APIKey {
    /// The values of the columns that make up the key's terms, and of those that name it.
    fileprivate var terms: StatementArguments {
        [
            "id": id.text, "owner": owner.name, "tenant": owner.tenant?.text, "name": name,
            "expires": expiresAt?.milliseconds, "addresses": allowedAddresses.stored, "rate": rateLimit?.rate,
            "burst": rateLimit?.burst,
        ]
    }
}
