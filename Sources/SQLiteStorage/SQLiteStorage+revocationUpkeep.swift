package import Domain
internal import GRDB

extension SQLiteStorage {
    package func pruneRevocations(
        at moment: Timestamp, limit: Int, dryRun: Bool
    ) throws(StoreFailure) -> Int64 {
        let end = moment.milliseconds - Revocation.retention * 1_000
        let condition = "sequence < ? AND expires_at < ?"
        let arguments: StatementArguments = [end * 1_000, end]
        if dryRun {
            return try read { db in
                try Int64.fetchOne(
                    db, sql: "SELECT count(*) FROM revocation WHERE \(condition)", arguments: arguments) ?? 0
            }
        }
        return try write { db in
            try db.execute(
                sql: """
                    DELETE FROM revocation WHERE sequence IN
                        (SELECT sequence FROM revocation WHERE \(condition) ORDER BY sequence LIMIT ?)
                    """, arguments: arguments + [limit])
            let count = Int64(db.changesCount)
            try db.execute(
                sql: "DELETE FROM revocation_reader WHERE seen_at < ?", arguments: [end])
            return count
        }
    }

    package func note(_ reader: RevocationReader) throws(StoreFailure) {
        try write { db in
            let tenant = reader.tenant?.text ?? ""
            try db.execute(
                sql: """
                    UPDATE revocation_reader SET sequence = max(sequence, ?), seen_at = ?
                    WHERE tenant_id = ? AND kind = ? AND name = ?
                    """,
                arguments: [
                    reader.sequence, reader.seenAt.milliseconds, tenant, reader.kind.rawValue, reader.name,
                ])
            guard db.changesCount == 0 else { return }
            try db.execute(
                sql: "DELETE FROM revocation_reader WHERE tenant_id = ? AND seen_at < ?",
                arguments: [tenant, reader.seenAt.adding(seconds: -RevocationReader.patience).milliseconds])
            try db.execute(
                sql: """
                    INSERT INTO revocation_reader (tenant_id, kind, name, sequence, seen_at)
                    SELECT ?, ?, ?, ?, ?
                    WHERE (SELECT count(*) FROM revocation_reader WHERE tenant_id = ? AND kind = ?) < ?
                    """,
                arguments: [
                    tenant, reader.kind.rawValue, reader.name, reader.sequence, reader.seenAt.milliseconds, tenant,
                    reader.kind.rawValue, RevocationReader.mostPerTenant,
                ])
            guard db.changesCount == 1 else { throw StoreFailure.conflict }
        }
    }

    package func revocationReaders(
        of tenant: Tenant.ID, since moment: Timestamp
    ) throws(StoreFailure) -> [RevocationReader] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT tenant_id, kind, name, sequence, seen_at FROM revocation_reader
                    WHERE tenant_id IN ('', ?) AND seen_at >= ? ORDER BY kind, tenant_id, name
                    """, arguments: [tenant.text, moment.milliseconds]
            ).map { row in try RevocationReader(row) }
        }
    }
}
