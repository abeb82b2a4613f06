package import Domain

extension PostgresStorage {
    package func auditSpan(
        of tenant: Tenant.ID?, from: Timestamp?, to: Timestamp?
    ) throws(StoreFailure) -> ClosedRange<Int64>? {
        let ends = try read(
            Statement(
                """
                SELECT coalesce(min(sequence) FILTER (WHERE happened_at >= $2), 0),
                    coalesce(max(sequence) FILTER (WHERE happened_at < $3), 0)
                FROM audit_entry WHERE chain = $1
                """, .text(AuditLink.chain(of: tenant)), .number(from?.milliseconds ?? .min),
                .number(to?.milliseconds ?? .max))
        ) { row throws(StoreFailure) in (first: try row.number(0), last: try row.number(1)) }.first
        guard let ends, ends.first > 0, ends.first <= ends.last else { return nil }
        return ends.first...ends.last
    }

    package func unsealedChains(
        sealedBefore moment: Timestamp, or most: Int64, limit: Int
    ) throws(StoreFailure) -> [AuditLink] {
        try read(
            Statement(
                """
                SELECT sequence, month, hash, chain FROM audit_head
                WHERE sequence > sealed_sequence AND (sealed_at < $1 OR sequence - sealed_sequence >= $2)
                ORDER BY sealed_at, chain LIMIT $3
                """, .number(moment.milliseconds), .number(most), .number(Int64(limit)))
        ) { row throws(StoreFailure) in try AuditLink(row, of: try AuditLink.tenant(of: try row.text(3))) }
    }

    package func add(_ checkpoints: [AuditCheckpoint]) throws(StoreFailure) {
        // In one order everywhere, or two nodes could wait for each other.
        let ordered = checkpoints.sorted { AuditLink.chain(of: $0.tenant) < AuditLink.chain(of: $1.tenant) }
        try write { connection throws(StoreFailure) in
            for checkpoint in ordered {
                let chain = AuditLink.chain(of: checkpoint.tenant)
                let at = checkpoint.signedAt.milliseconds
                try connection.exchange([
                    Statement(
                        """
                        UPDATE audit_head SET sealed_sequence = $2, sealed_at = $3
                        WHERE chain = $1 AND sealed_sequence < $2
                        """, .text(chain), .number(checkpoint.sequence), .number(at)),
                    Statement(
                        """
                        INSERT INTO audit_checkpoint (chain, sequence, signed_at, statement) VALUES ($1, $2, $3, $4)
                        ON CONFLICT DO NOTHING
                        """, .text(chain), .number(checkpoint.sequence), .number(at), .text(checkpoint.statement)),
                ])
            }
        }
    }

    package func auditCheckpoints(
        of tenant: Tenant.ID?, in range: ClosedRange<Int64>
    ) throws(StoreFailure) -> [AuditCheckpoint] {
        try read(
            Statement(
                """
                SELECT sequence, signed_at, statement FROM audit_checkpoint
                WHERE chain = $1 AND sequence BETWEEN $2 AND $3 ORDER BY sequence
                """, .text(AuditLink.chain(of: tenant)), .number(range.lowerBound), .number(range.upperBound))
        ) { row throws(StoreFailure) in
            AuditCheckpoint(
                tenant: tenant, sequence: try row.number(0), signedAt: try row.moment(1), statement: try row.text(2))
        }
    }

    package func auditKeys() throws(StoreFailure) -> [SealedAuditKey] {
        try read(.auditKeys) { row throws(StoreFailure) in try SealedAuditKey(row) }
    }

    package func addFirst(_ key: SealedAuditKey) throws(StoreFailure) -> SealedAuditKey {
        try write { connection throws(StoreFailure) in
            try requireMasterKey(&connection)
            var stored: SealedAuditKey?
            try connection.exchange([
                Statement("SELECT pg_advisory_xact_lock(hashtextextended('chat-tokens audit_key', 0))"),
                Statement(
                    """
                    INSERT INTO audit_key (kid, sealed, created_at)
                    SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT FROM audit_key)
                    """, .text(key.kid), .bytes(key.sealed), .number(key.createdAt.milliseconds)),
                .auditKeys,
            ]) { place, answer throws(StoreFailure) in
                guard place == 2 else { return }
                stored = try answer.row { row throws(StoreFailure) in try SealedAuditKey(row) }
            }
            guard let stored else { throw .corrupt(cause: "the key of the audit log cannot be read back") }
            return stored
        }
    }
}

extension Statement {
    fileprivate static let auditKeys = Statement(
        "SELECT kid, sealed, created_at FROM audit_key ORDER BY created_at DESC, kid")
}

extension SealedAuditKey {
    fileprivate init(_ row: borrowing Row) throws(StoreFailure) {
        self.init(kid: try row.text(0), sealed: try row.bytes(1), createdAt: try row.moment(2))
    }
}
