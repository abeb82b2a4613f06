package import Domain
internal import GRDB
internal import Tokens

extension SQLiteStorage {
    package func record(_ drafts: [AuditDraft]) throws(StoreFailure) {
        try write { db in
            for draft in drafts { try append(draft, db) }
        }
    }

    package func auditHead(of tenant: Tenant.ID?) throws(StoreFailure) -> AuditLink {
        try read { db in try Self.head(of: tenant, db) }
    }

    package func auditEntries(
        of tenant: Tenant.ID?, _ query: AuditQuery
    ) throws(StoreFailure) -> [AuditEntry] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT \(AuditEntry.columns) FROM audit_entry
                    WHERE chain = :chain AND sequence > :after AND sequence < :before
                        AND (action = :action OR :action IS NULL) AND (actor = :actor OR :actor IS NULL)
                        AND (happened_at >= :from OR :from IS NULL) AND (happened_at < :to OR :to IS NULL)
                    ORDER BY sequence \(query.isNewestFirst ? "DESC" : "ASC") LIMIT :limit
                    """,
                arguments: [
                    "chain": AuditLink.chain(of: tenant), "after": query.after ?? 0, "before": query.before ?? .max,
                    "action": query.action, "actor": query.actor, "from": query.from?.milliseconds,
                    "to": query.to?.milliseconds, "limit": query.limit,
                ]
            ).map { row in try AuditEntry(row, of: tenant) }
        }
    }

    /// Appends an entry to the audit log, in the transaction of the act it tells of.
    func append(_ draft: AuditDraft, _ db: Database) throws {
        let entry = AuditEntry(draft, after: try Self.head(of: draft.tenant, db))
        try db.changeOne(
            """
            INSERT INTO audit_head (chain, sequence, month, hash) VALUES (:chain, :sequence, :month, :hash)
            ON CONFLICT (chain) DO UPDATE
                SET sequence = excluded.sequence, month = excluded.month, hash = excluded.hash
            """, entry.link.fields)
        try db.changeOne(
            """
            INSERT INTO audit_entry (\(AuditEntry.columns))
            VALUES (:chain, :sequence, :month, :happened, :actor, :address, :request, :action, :target, :before,
                :after, :events, :previous, :hash)
            """, entry.fields &+ entry.link.fields)
    }

    private static func head(of tenant: Tenant.ID?, _ db: Database) throws -> AuditLink {
        try Row.fetchOne(
            db, sql: "SELECT sequence, month, hash FROM audit_head WHERE chain = ?",
            arguments: [AuditLink.chain(of: tenant)]
        ).map { row in try AuditLink(row, of: tenant) } ?? .start(of: tenant)
    }
}

extension SQLiteStorage {
    /// Removes the entries of the audit log whose months are over for so long.
    ///
    /// - Parameters:
    ///   - months: how many whole months before the present one stay; at least 1.
    ///   - dryRun: only tell.
    /// - Returns: how many entries were, or would be, removed.
    /// - Throws: `unavailable` where the database cannot be written to.
    package func pruneAudit(keepingMonths months: Int, dryRun: Bool = false) throws(StoreFailure) -> Int {
        let present = Month(of: world.now()).number
        let first = present / 100 * 12 + present % 100 - 1 - max(1, months)
        let month = first / 12 * 100 + first % 12 + 1
        return try write { db in
            let count = try Int.fetchOne(
                db, sql: "SELECT count(*) FROM audit_entry WHERE month < ?", arguments: [month])
            guard !dryRun else { return count ?? 0 }
            // The note lets the trigger pass.
            try db.changeOne("INSERT INTO deployment (name, value) VALUES ('audit_prune', x'')", [])
            try db.execute(sql: "DELETE FROM audit_entry WHERE month < ?", arguments: [month])
            try db.changeOne("DELETE FROM deployment WHERE name = 'audit_prune'", [])
            try append(.pruning(before: month, at: world.now()), db)
            return count ?? 0
        }
    }
}
