package import Domain
internal import GRDB

extension SQLiteStorage {
    package func usage(of owner: APIKey.Owner) throws(StoreFailure) -> [APIKey.ID: APIKey.Usage] {
        try read { db in
            var usages: [APIKey.ID: APIKey.Usage] = [:]
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT api_key_id, uses, last_used_at FROM api_key_usage JOIN api_key USING (api_key_id)
                    WHERE owner = ? AND tenant_id IS ?
                    """, arguments: [owner.name, owner.tenant?.text])
            for row in rows {
                usages[try row.checked("api_key_id", APIKey.ID.init)] = APIKey.Usage(
                    count: try row.required("uses"), lastUsedAt: try row.moment("last_used_at"))
            }
            return usages
        }
    }

    package func count(_ uses: [APIKey.ID: APIKey.Usage]) throws(StoreFailure) {
        try write { db in
            for (id, usage) in uses {
                guard let last = usage.lastUsedAt else { continue }
                let fresh = try Row.fetchOne(
                    db,
                    sql: """
                        SELECT tenant_id FROM api_key
                        WHERE api_key_id = :id AND NOT EXISTS (SELECT 1 FROM api_key_usage WHERE api_key_id = :id)
                        """, arguments: ["id": id.text])
                try db.execute(
                    sql: """
                        INSERT INTO api_key_usage (api_key_id, uses, last_used_at)
                        SELECT api_key_id, ?, ? FROM api_key WHERE api_key_id = ?
                        ON CONFLICT (api_key_id) DO UPDATE SET
                            uses = uses + excluded.uses, last_used_at = max(last_used_at, excluded.last_used_at)
                        """, arguments: [usage.count, last.milliseconds, id.text])
                guard let fresh else { continue }
                let tenant: String? = try fresh.optional("tenant_id")
                try append(.firstUse(of: id, tenant.flatMap(Tenant.ID.init), at: last), db)
            }
        }
    }
}
