package import Domain
internal import Tokens

extension PostgresStorage {
    package func record(_ drafts: [AuditDraft]) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
            // In one order everywhere, or two nodes could wait for each other; drafts of one chain keep theirs.
            let chains = Dictionary(grouping: drafts) { AuditLink.chain(of: $0.tenant) }
            for chain in chains.keys.sorted() {
                for draft in chains[chain] ?? [] { try append(draft, &connection) }
            }
        }
    }

    package func auditHead(of tenant: Tenant.ID?) throws(StoreFailure) -> AuditLink {
        try read(
            Statement(
                "SELECT sequence, month, hash FROM audit_head WHERE chain = $1 AND sequence > 0",
                .text(AuditLink.chain(of: tenant)))
        ) { row throws(StoreFailure) in try AuditLink(row, of: tenant) }.first ?? .start(of: tenant)
    }

    package func auditEntries(
        of tenant: Tenant.ID?, _ query: AuditQuery
    ) throws(StoreFailure) -> [AuditEntry] {
        try read(
            Statement(
                """
                SELECT \(AuditEntry.columns) FROM audit_entry
                WHERE chain = $1 AND sequence > $2 AND sequence < $3 AND (action = $4 OR $4 IS NULL)
                    AND (actor = $5 OR $5 IS NULL) AND (happened_at >= $6 OR $6 IS NULL)
                    AND (happened_at < $7 OR $7 IS NULL)
                ORDER BY sequence \(query.isNewestFirst ? "DESC" : "ASC") LIMIT $8
                """, .text(AuditLink.chain(of: tenant)), .number(query.after ?? 0), .number(query.before ?? .max),
                .text(query.action), .text(query.actor), .number(query.from?.milliseconds),
                .number(query.to?.milliseconds), .number(Int64(query.limit)))
        ) { row throws(StoreFailure) in try AuditEntry(row, of: tenant) }
    }

    /// Appends an entry to the audit log, in the transaction of the act it tells of, after everything but the change
    /// log.
    ///
    /// Whoever appends to a chain waits here until every earlier one has committed. Since nothing but the change log
    /// is locked after it, it closes no circle.
    func append(_ draft: AuditDraft, _ connection: inout Connection) throws(StoreFailure) {
        let chain = AuditLink.chain(of: draft.tenant)
        var head: AuditLink?
        try connection.exchange([
            Statement(
                """
                INSERT INTO audit_head (chain, sequence, month, hash)
                SELECT $1, 0, 0, decode(repeat('00', 32), 'hex')
                WHERE NOT EXISTS (SELECT FROM audit_head WHERE chain = $1) ON CONFLICT DO NOTHING
                """, .text(chain)),
            Statement("SELECT sequence, month, hash FROM audit_head WHERE chain = $1 FOR UPDATE", .text(chain)),
        ]) { place, answer throws(StoreFailure) in
            if place == 1 {
                head = try answer.row { row throws(StoreFailure) in try AuditLink(row, of: draft.tenant) }
            }
        }
        guard let head else { throw .corrupt(cause: "the head of a chain of the audit log is not there") }
        let entry = AuditEntry(draft, after: head)
        try connection.exchange([
            Statement(
                "UPDATE audit_head SET sequence = $2, month = $3, hash = $4 WHERE chain = $1", entry.link.fields),
            Statement(
                """
                INSERT INTO audit_entry (\(AuditEntry.columns))
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
                """, entry.fields),
        ]) { _, answer throws(StoreFailure) in
            guard answer.changed == 1 else { throw .corrupt(cause: "an entry of the audit log was not stored") }
        }
    }
}
