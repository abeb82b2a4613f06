package import Domain

extension PostgresStorage {
    package func usage(of owner: APIKey.Owner) throws(StoreFailure) -> [APIKey.ID: APIKey.Usage] {
        let rows = try read(
            Statement(
                """
                SELECT api_key_id, uses, last_used_at FROM api_key_usage JOIN api_key USING (api_key_id)
                WHERE owner = $1 AND (tenant_id = $2 OR tenant_id IS NULL AND $2 IS NULL)
                """, .text(owner.name), .text(owner.tenant?.text))
        ) { row throws(StoreFailure) in
            (
                id: try row.checked(0, APIKey.ID.init),
                usage: APIKey.Usage(count: try row.number(1), lastUsedAt: try row.moment(2))
            )
        }
        return Dictionary(rows.map { ($0.id, $0.usage) }) { first, _ in first }
    }

    package func count(_ uses: [APIKey.ID: APIKey.Usage]) throws(StoreFailure) {
        // In one order everywhere, or two nodes could wait for each other.
        let counted = uses.filter { $0.value.lastUsedAt != nil }.sorted { $0.key.text < $1.key.text }
        try write { connection throws(StoreFailure) in
            var fresh: [(id: APIKey.ID, tenant: String?)] = []
            try connection.exchange([
                Statement(
                    """
                    WITH counted AS (INSERT INTO api_key_usage AS u (api_key_id, uses, last_used_at)
                    SELECT api_key_id, uses::bigint, last::bigint
                    FROM unnest($1, $2, $3) AS i(api_key_id, uses, last) JOIN api_key USING (api_key_id)
                    ORDER BY api_key_id
                    ON CONFLICT (api_key_id) DO UPDATE SET
                        uses = u.uses + excluded.uses, last_used_at = greatest(u.last_used_at, excluded.last_used_at)
                    -- Of a row that was inserted nobody was the previous writer.
                    RETURNING api_key_id, xmax = 0 AS is_first)
                    SELECT api_key_id, tenant_id FROM counted JOIN api_key USING (api_key_id) WHERE is_first
                    ORDER BY tenant_id COLLATE "C" NULLS FIRST, api_key_id
                    """, .texts(counted.map(\.key.text)), .texts(counted.map { String($0.value.count) }),
                    .texts(counted.map { String($0.value.lastUsedAt?.milliseconds ?? 0) }))
            ]) { _, answer throws(StoreFailure) in
                fresh = try answer.rows { row throws(StoreFailure) in
                    (try row.checked(0, APIKey.ID.init), try row.optionalText(1))
                }
            }
            for (id, tenant) in fresh {
                let moment = uses[id]?.lastUsedAt ?? world.now()
                try append(.firstUse(of: id, tenant.flatMap(Tenant.ID.init), at: moment), &connection)
            }
        }
    }
}
