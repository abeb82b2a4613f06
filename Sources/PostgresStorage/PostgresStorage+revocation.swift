package import Domain

extension PostgresStorage {
    package func revoke(_ drafts: [RevocationDraft]) throws(StoreFailure) -> [Revocation] {
        try write { connection throws(StoreFailure) in try insert(drafts, &connection) }
    }

    /// The same as a part of another transaction, near its end: until that, other revocations wait.
    ///
    /// Whoever appends waits until every earlier one has committed, as with the change log: a reader that goes on from
    /// the last sequence it saw must miss none.
    func insert(
        _ drafts: [RevocationDraft], _ connection: inout Connection
    ) throws(StoreFailure) -> [Revocation] {
        var (newest, known) = try last(before: drafts, &connection)
        var new: [Revocation] = []
        var audits: [AuditDraft] = []
        let settled = drafts.map { draft in
            let target = RevocationTarget(draft.tenant, draft.subject)
            switch draft.settled(after: known[target]) {
            case .covered(let revocation): return revocation
            case .new(let cutoff):
                newest = RevocationDraft.sequence(after: newest, at: draft.at)
                let revocation = draft.stored(as: newest, cutoff: cutoff)
                known[target] = revocation
                new.append(revocation)
                if let audit = draft.audit { audits.append(audit) }
                return revocation
            }
        }
        if !new.isEmpty { try append(new, &connection) }
        // In one order everywhere, or two transactions could wait for each other's chains.
        for audit in audits.sorted(by: { ($0.tenant?.text ?? "") < ($1.tenant?.text ?? "") }) {
            try append(audit, &connection)
        }
        return settled
    }

    /// The newest place, and the newest cut-off of each subject; nobody appends until the transaction ends.
    private func last(
        before drafts: [RevocationDraft], _ connection: inout Connection
    ) throws(StoreFailure) -> (newest: Int64, known: [RevocationTarget: Revocation]) {
        var newest: Int64 = 0
        var known: [RevocationTarget: Revocation] = [:]
        try connection.exchange([
            Statement("SELECT pg_advisory_xact_lock(hashtextextended('chat-tokens revocation', 0))"),
            Statement("SELECT coalesce(max(sequence), 0) FROM revocation"),
            Self.priors(of: drafts),
        ]) { place, answer throws(StoreFailure) in
            switch place {
            case 1: newest = try answer.row { row throws(StoreFailure) in try row.number(0) } ?? 0
            case 2:
                for prior in try answer.rows({ row throws(StoreFailure) in try Revocation(row) }) {
                    known[RevocationTarget(prior.tenant, prior.subject)] = prior
                }
            default: break
            }
        }
        return (newest, known)
    }

    private func append(_ revocations: [Revocation], _ connection: inout Connection) throws(StoreFailure) {
        try connection.exchange([
            Self.insertion(of: revocations), Statement("SELECT pg_notify('\(Self.channel)', '')"),
        ]) { place, answer throws(StoreFailure) in
            guard place != 0 || answer.changed == revocations.count else {
                throw .corrupt(cause: "\(answer.changed) revocations of \(revocations.count) were stored")
            }
        }
    }

    /// The newest cut-off that is stored for each subject.
    private static func priors(of drafts: [RevocationDraft]) -> Statement {
        var parameters = Parameters()
        parameters.append(texts: drafts) { $0.tenant.text }
        parameters.append(texts: drafts) { $0.subject.kind.rawValue }
        parameters.append(texts: drafts) { $0.subject.text }
        return Statement(
            """
            SELECT r.* FROM unnest($1, $2, $3) AS i(tenant_id, kind, subject) CROSS JOIN LATERAL (
                SELECT \(Revocation.columns) FROM revocation AS r
                WHERE r.tenant_id = i.tenant_id AND r.kind = i.kind AND r.subject = i.subject
                ORDER BY r.cutoff_at DESC LIMIT 1
            ) AS r
            """, parameters)
    }

    private static func insertion(of revocations: [Revocation]) -> Statement {
        var parameters = Parameters()
        parameters.append(numbers: revocations) { $0.sequence }
        parameters.append(texts: revocations) { $0.tenant.text }
        parameters.append(texts: revocations) { $0.subject.kind.rawValue }
        parameters.append(texts: revocations) { $0.subject.text }
        parameters.append(numbers: revocations) { $0.cutoff.milliseconds }
        parameters.append(texts: revocations) { $0.reason }
        parameters.append(texts: revocations) { $0.by }
        parameters.append(numbers: revocations) { $0.createdAt.milliseconds }
        parameters.append(numbers: revocations) { $0.expiresAt.milliseconds }
        return Statement(
            """
            INSERT INTO revocation (\(Revocation.columns)) SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """, parameters, isKept: true)
    }

    package func newestRevocation() throws(StoreFailure) -> Int64 {
        try read(Statement("SELECT coalesce(max(sequence), 0) FROM revocation")) {
            row throws(StoreFailure) in try row.number(0)
        }.first ?? 0
    }

    package func revocations(
        after sequence: Int64, of tenant: Tenant.ID?, aliveAt moment: Timestamp, limit: Int
    ) throws(StoreFailure) -> [Revocation] {
        var values: [Statement.Value] = [
            .number(max(sequence, RevocationDraft.oldestLive(at: moment))), .number(moment.milliseconds),
            .number(Int64(limit)),
        ]
        if let tenant { values.append(.text(tenant.text)) }
        return try read(
            Statement(
                """
                SELECT \(Revocation.columns) FROM revocation
                WHERE sequence > $1 AND expires_at > $2 \(tenant == nil ? "" : "AND tenant_id = $4")
                ORDER BY sequence LIMIT $3
                """, values)
        ) { row throws(StoreFailure) in try Revocation(row) }
    }

    package func revocation(_ id: Revocation.ID, of tenant: Tenant.ID) throws(StoreFailure) -> Revocation? {
        try read(
            Statement(
                "SELECT \(Revocation.columns) FROM revocation WHERE sequence = $1 AND tenant_id = $2",
                .number(id.sequence), .text(tenant.text))
        ) { row throws(StoreFailure) in try Revocation(row) }.first
    }
}

/// Whose tokens, and which.
private struct RevocationTarget: Hashable {
    let tenant: Tenant.ID
    let kind: Revocation.Kind
    /// By their bytes: Swift takes canonically equivalent texts for equal.
    let subject: [UInt8]

    init(_ tenant: Tenant.ID, _ subject: Revocation.Subject) {
        self.tenant = tenant
        kind = subject.kind
        self.subject = Array(subject.text.utf8)
    }
}
