package import Domain

extension PostgresStorage {
    /// Rows that are fetched at a time, so that memory stays small however many there are.
    private static let page = 20_000

    package func forEachRevocation(
        aliveAt moment: Timestamp,
        _ body: (Tenant.ID, Revocation.Subject, _ cutoff: Timestamp, _ expires: Timestamp) -> Void
    ) throws(StoreFailure) -> Int64 {
        var last: Int64 = 0
        var place = RevocationDraft.oldestLive(at: moment)
        while true {
            let rows = try read(
                Statement(
                    """
                    SELECT sequence, tenant_id, kind, subject, cutoff_at, expires_at FROM revocation
                    WHERE sequence > $1 AND expires_at > $2 ORDER BY sequence LIMIT $3
                    """, .number(place), .number(moment.milliseconds), .number(Int64(Self.page)))
            ) { row throws(StoreFailure) in
                let kind = try row.checked(2, Revocation.Kind.init(rawValue:))
                body(
                    try row.checked(1, Tenant.ID.init), try row.checked(3) { Revocation.Subject(kind, $0) },
                    try row.moment(4), try row.moment(5))
                return try row.number(0)
            }
            last = rows.last ?? last
            guard rows.count == Self.page else { return last }
            place = last
        }
    }

    package func pruneRevocations(
        at moment: Timestamp, limit: Int, dryRun: Bool
    ) throws(StoreFailure) -> Int64 {
        let end = moment.milliseconds - Revocation.retention * 1_000
        if dryRun {
            return try read(
                Statement(
                    "SELECT count(*) FROM revocation WHERE sequence < $1 AND expires_at < $2", .number(end * 1_000),
                    .number(end))
            ) { row throws(StoreFailure) in try row.number(0) }.first ?? 0
        }
        return try write { connection throws(StoreFailure) in
            var count: Int64 = 0
            try connection.exchange([
                Statement(
                    """
                    DELETE FROM revocation WHERE sequence IN (
                        SELECT sequence FROM revocation WHERE sequence < $1 AND expires_at < $2
                        ORDER BY sequence LIMIT $3 FOR UPDATE SKIP LOCKED
                    )
                    """, .number(end * 1_000), .number(end), .number(Int64(limit))),
                Statement("DELETE FROM revocation_reader WHERE seen_at < $1", .number(end)),
            ]) { place, answer throws(StoreFailure) in if place == 0 { count = Int64(answer.changed) } }
            return count
        }
    }

    package func note(_ reader: RevocationReader) throws(StoreFailure) {
        let tenant = reader.tenant?.text ?? ""
        let values: [Statement.Value] = [
            .text(tenant), .text(reader.kind.rawValue), .text(reader.name), .number(reader.sequence),
            .number(reader.seenAt.milliseconds),
        ]
        try write { connection throws(StoreFailure) in
            var isKnown = false
            try connection.exchange([
                Statement(
                    """
                    UPDATE revocation_reader SET sequence = greatest(sequence, $4), seen_at = $5
                    WHERE tenant_id = $1 AND kind = $2 AND name = $3
                    """, values)
            ]) { _, answer throws(StoreFailure) in isKnown = answer.changed == 1 }
            guard !isKnown else { return }
            let oldest = reader.seenAt.adding(seconds: -RevocationReader.patience).milliseconds
            var isNew = false
            try connection.exchange([
                Statement(
                    "DELETE FROM revocation_reader WHERE tenant_id = $1 AND seen_at < $2", .text(tenant),
                    .number(oldest)),
                Statement(
                    """
                    INSERT INTO revocation_reader AS r (tenant_id, kind, name, sequence, seen_at)
                    SELECT $1, $2, $3, $4, $5
                    WHERE (SELECT count(*) FROM revocation_reader WHERE tenant_id = $1 AND kind = $2) < $6
                    ON CONFLICT (tenant_id, kind, name) DO UPDATE
                    SET sequence = greatest(r.sequence, excluded.sequence), seen_at = excluded.seen_at
                    """, values + [.number(Int64(RevocationReader.mostPerTenant))]),
            ]) { place, answer throws(StoreFailure) in if place == 1 { isNew = answer.changed == 1 } }
            guard isNew else { throw .conflict }
        }
    }

    package func revocationReaders(
        of tenant: Tenant.ID, since moment: Timestamp
    ) throws(StoreFailure) -> [RevocationReader] {
        try read(
            Statement(
                """
                SELECT tenant_id, kind, name, sequence, seen_at FROM revocation_reader
                WHERE tenant_id IN ('', $1) AND seen_at >= $2 ORDER BY kind, tenant_id, name
                """, .text(tenant.text), .number(moment.milliseconds))
        ) { row throws(StoreFailure) in try RevocationReader(row) }
    }
}
