package import Domain
internal import Foundation
internal import GRDB

extension SQLiteStorage {
    package func auditSpan(
        of tenant: Tenant.ID?, from: Timestamp?, to: Timestamp?
    ) throws(StoreFailure) -> ClosedRange<Int64>? {
        try read { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT min(sequence) FILTER (WHERE happened_at >= :from) AS first,
                        max(sequence) FILTER (WHERE happened_at < :to) AS last
                    FROM audit_entry WHERE chain = :chain
                    """,
                arguments: [
                    "chain": AuditLink.chain(of: tenant), "from": from?.milliseconds ?? .min,
                    "to": to?.milliseconds ?? .max,
                ])
            guard let first: Int64 = try row?.optional("first"), let last: Int64 = try row?.optional("last"),
                first <= last
            else { return nil }
            return first...last
        }
    }

    package func unsealedChains(
        sealedBefore moment: Timestamp, or most: Int64, limit: Int
    ) throws(StoreFailure) -> [AuditLink] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT chain, sequence, month, hash FROM audit_head
                    WHERE sequence > sealed_sequence AND (sealed_at < ? OR sequence - sealed_sequence >= ?)
                    ORDER BY sealed_at, chain LIMIT ?
                    """, arguments: [moment.milliseconds, most, limit]
            ).map { row in try AuditLink(row, of: try AuditLink.tenant(of: try row.required("chain"))) }
        }
    }

    package func add(_ checkpoints: [AuditCheckpoint]) throws(StoreFailure) {
        try write { db in
            for checkpoint in checkpoints {
                let chain = AuditLink.chain(of: checkpoint.tenant)
                try db.execute(
                    sql: """
                        INSERT INTO audit_checkpoint (chain, sequence, signed_at, statement) VALUES (?, ?, ?, ?)
                        ON CONFLICT DO NOTHING
                        """,
                    arguments: [
                        chain, checkpoint.sequence, checkpoint.signedAt.milliseconds, checkpoint.statement,
                    ])
                try db.execute(
                    sql: """
                        UPDATE audit_head SET sealed_sequence = :sequence, sealed_at = :at
                        WHERE chain = :chain AND sealed_sequence < :sequence
                        """,
                    arguments: [
                        "chain": chain, "sequence": checkpoint.sequence, "at": checkpoint.signedAt.milliseconds,
                    ])
            }
        }
    }

    package func auditCheckpoints(
        of tenant: Tenant.ID?, in range: ClosedRange<Int64>
    ) throws(StoreFailure) -> [AuditCheckpoint] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT sequence, signed_at, statement FROM audit_checkpoint
                    WHERE chain = ? AND sequence BETWEEN ? AND ? ORDER BY sequence
                    """, arguments: [AuditLink.chain(of: tenant), range.lowerBound, range.upperBound]
            ).map { row in
                AuditCheckpoint(
                    tenant: tenant, sequence: try row.required("sequence"), signedAt: try row.moment("signed_at"),
                    statement: try row.required("statement"))
            }
        }
    }

    package func auditKeys() throws(StoreFailure) -> [SealedAuditKey] {
        try read { db in try Self.auditKeys(db) }
    }

    package func addFirst(_ key: SealedAuditKey) throws(StoreFailure) -> SealedAuditKey {
        try write { db in
            if let stored = try Self.auditKeys(db).first { return stored }
            try requireMasterKey(db)
            try db.changeOne(
                "INSERT INTO audit_key (kid, sealed, created_at) VALUES (?, ?, ?)",
                [key.kid, Data(key.sealed), key.createdAt.milliseconds])
            return key
        }
    }

    private static func auditKeys(_ db: Database) throws -> [SealedAuditKey] {
        try Row.fetchAll(db, sql: "SELECT kid, sealed, created_at FROM audit_key ORDER BY created_at DESC, kid").map {
            row in
            SealedAuditKey(
                kid: try row.required("kid"), sealed: try row.bytes("sealed"), createdAt: try row.moment("created_at"))
        }
    }
}
