package import Domain
internal import GRDB

extension SQLiteStorage {
    package func revoke(_ drafts: [RevocationDraft]) throws(StoreFailure) -> [Revocation] {
        try write { db in try insert(drafts, db) }
    }

    /// The same as a part of another transaction.
    func insert(_ drafts: [RevocationDraft], _ db: Database) throws -> [Revocation] {
        var newest = try Int64.fetchOne(db, sql: "SELECT max(sequence) FROM revocation") ?? 0
        let prior = try db.cachedStatement(
            sql: """
                SELECT \(Revocation.columns) FROM revocation WHERE tenant_id = ? AND kind = ? AND subject = ?
                ORDER BY cutoff_at DESC LIMIT 1
                """)
        return try drafts.map { draft in
            let subject: StatementArguments = [draft.tenant.text, draft.subject.kind.rawValue, draft.subject.text]
            let known = try Row.fetchOne(prior, arguments: subject).map { row in try Revocation(row) }
            switch draft.settled(after: known) {
            case .covered(let revocation): return revocation
            case .new(let cutoff):
                newest = RevocationDraft.sequence(after: newest, at: draft.at)
                let revocation = draft.stored(as: newest, cutoff: cutoff)
                try db.changeOne(
                    "INSERT INTO revocation (\(Revocation.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    revocation.values)
                if let audit = draft.audit { try append(audit, db) }
                return revocation
            }
        }
    }

    package func newestRevocation() throws(StoreFailure) -> Int64 {
        try read { db in try Int64.fetchOne(db, sql: "SELECT max(sequence) FROM revocation") ?? 0 }
    }

    package func revocations(
        after sequence: Int64, of tenant: Tenant.ID?, aliveAt moment: Timestamp, limit: Int
    ) throws(StoreFailure) -> [Revocation] {
        let condition = tenant == nil ? "" : "AND tenant_id = :tenant"
        var arguments: StatementArguments = [
            "after": max(sequence, RevocationDraft.oldestLive(at: moment)), "now": moment.milliseconds, "limit": limit,
        ]
        if let tenant { arguments = arguments &+ ["tenant": tenant.text] }
        return try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT \(Revocation.columns) FROM revocation
                    WHERE sequence > :after AND expires_at > :now \(condition) ORDER BY sequence LIMIT :limit
                    """, arguments: arguments
            ).map { row in try Revocation(row) }
        }
    }

    package func forEachRevocation(
        aliveAt moment: Timestamp,
        _ body: (Tenant.ID, Revocation.Subject, _ cutoff: Timestamp, _ expires: Timestamp) -> Void
    ) throws(StoreFailure) -> Int64 {
        try read { db in
            let statement = try RawStatement(
                db,
                """
                SELECT sequence, tenant_id, kind, subject, cutoff_at, expires_at FROM revocation
                WHERE sequence > ? AND expires_at > ? ORDER BY sequence
                """)
            defer { statement.reset() }
            try statement.bind(1, RevocationDraft.oldestLive(at: moment))
            try statement.bind(2, moment.milliseconds)
            var last: Int64 = 0
            // Most entries in a row are of one tenant.
            var tenant: Tenant.ID?
            while try statement.step() {
                last = statement.integer(0)
                if tenant == nil || !statement.holds(1, tenant?.text) {
                    tenant = statement.text(1).flatMap(Tenant.ID.init)
                }
                guard let tenant, let kind = statement.text(2).flatMap(Revocation.Kind.init),
                    let subject = Revocation.Subject(kind, statement.text(3) ?? "")
                else { throw StoreFailure.corrupt(cause: "a row of revocation breaks its rules") }
                body(
                    tenant, subject, Timestamp(milliseconds: statement.integer(4)),
                    Timestamp(milliseconds: statement.integer(5)))
            }
            return last
        }
    }

    package func revocation(_ id: Revocation.ID, of tenant: Tenant.ID) throws(StoreFailure) -> Revocation? {
        try read { db in
            try Row.fetchOne(
                db, sql: "SELECT \(Revocation.columns) FROM revocation WHERE sequence = ? AND tenant_id = ?",
                arguments: [id.sequence, tenant.text]
            ).map { row in try Revocation(row) }
        }
    }
}
