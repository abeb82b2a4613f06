package import Domain
internal import GRDB

extension SQLiteStorage {
    package func refreshKey() throws(StoreFailure) -> [UInt8]? {
        try read { db in try Self.refreshKey(db) }
    }

    package func setRefreshKey(_ sealed: [UInt8], at moment: Timestamp) throws(StoreFailure) -> [UInt8] {
        try write { db in
            if let stored = try Self.refreshKey(db) { return stored }
            try requireMasterKey(db)
            try db.changeOne(
                "INSERT INTO refresh_key (key_number, sealed, created_at) VALUES (1, ?, ?)",
                [sealed.stored, moment.milliseconds])
            return sealed
        }
    }

    package func refresh(_ command: RefreshCommand) throws(StoreFailure) -> RefreshOutcome {
        try write { db in
            let token = command.token
            guard
                let row = try Row.fetchOne(
                    db, sql: Self.liveGrant,
                    arguments: [token.grant.description, token.tenant.text, command.at.milliseconds])
            else { return .ended }
            let terms = try RefreshTerms(row)
            let users = try UserTable(db)
            guard let user = try users.standing(token.tenant, terms.user) else { return .ended }
            guard !user.isDeactivated else { return .userDeactivated }
            guard try !isRevoked(command, terms, db) else { return .ended }
            guard let next = token.successor(newest: try row.required("counter")) else { return .reused(terms.user) }
            var tally = try MonthTally(db)
            let day = Day(of: command.at)
            guard try tally.count(token.tenant, command.month, day, command.quotas) else { return .quotaExceeded }
            try tally.write()
            var days = try DayTally(db)
            days.count(token.tenant, day, terms.apiKey)
            try days.write()
            try db.changeOne(
                "UPDATE grant_refresh SET counter = ?, ends_at = ? WHERE grant_id = ?",
                [Int64(next), command.endsAt.milliseconds, token.grant.description])
            return .refreshed(user.user, terms, counter: next)
        }
    }

    package func endRefreshing(
        _ grant: Grant.ID, of tenant: Tenant.ID, because reason: String, recording audit: AuditDraft
    ) throws(StoreFailure) -> Revocation? {
        try write { db in
            try db.execute(
                sql: "DELETE FROM grant_refresh WHERE grant_id = ? AND tenant_id = ?",
                arguments: [grant.description, tenant.text])
            guard db.changesCount == 1 else { return nil }
            let draft = RevocationDraft(
                tenant: tenant, subject: .grant(grant), reason: reason, by: audit.origin, isAudited: false, at: audit.at
            )
            let revocation = try insert([draft], db).first
            try append(audit, db)
            return revocation
        }
    }

    /// Forgets all grants of a user, as a part of another transaction.
    func endRefreshing(of user: User.ID, of tenant: Tenant.ID, _ db: Database) throws {
        try db.execute(
            sql: "DELETE FROM grant_refresh WHERE tenant_id = ? AND user_id = ?", arguments: [tenant.text, user.text])
    }

    package func pruneRefreshing(
        at moment: Timestamp, limit: Int, dryRun: Bool
    ) throws(StoreFailure) -> Int64 {
        if dryRun {
            return try read { db in
                try Int64.fetchOne(
                    db, sql: "SELECT count(*) FROM grant_refresh WHERE ends_at <= ?", arguments: [moment.milliseconds])
                    ?? 0
            }
        }
        return try write { db in
            try db.execute(
                sql: """
                    DELETE FROM grant_refresh WHERE grant_id IN (
                        SELECT grant_id FROM grant_refresh WHERE ends_at <= ? ORDER BY ends_at LIMIT ?
                    )
                    """, arguments: [moment.milliseconds, limit])
            return Int64(db.changesCount)
        }
    }

    static func refreshKey(_ db: Database) throws -> [UInt8]? {
        try Row.fetchOne(db, sql: "SELECT sealed FROM refresh_key").map { row in try row.bytes("sealed") }
    }

    /// A grant that has not ended and whose API key was not revoked.
    private static let liveGrant = """
        SELECT g.user_id, g.api_key_id, g.token_life, g.channels, g.label, g.counter FROM grant_refresh AS g
        WHERE g.grant_id = ? AND g.tenant_id = ? AND g.ends_at > ? AND NOT EXISTS (
            SELECT 1 FROM api_key AS k WHERE k.api_key_id = g.api_key_id AND k.revoked_at IS NOT NULL
        )
        """

    /// Whether a revocation voids the grant, or a pair of it that this key signs.
    private func isRevoked(_ command: RefreshCommand, _ terms: RefreshTerms, _ db: Database) throws -> Bool {
        let later = try db.cachedStatement(
            sql: "SELECT 1 FROM revocation WHERE tenant_id = ? AND kind = ? AND subject = ? AND cutoff_at > ?")
        let token = command.token
        return try command.subjects(of: terms).contains { subject in
            try Bool.fetchOne(
                later,
                arguments: [
                    token.tenant.text, subject.kind.rawValue, subject.text, token.grant.birth.milliseconds,
                ]) != nil
        }
    }
}

extension RefreshTerms {
    fileprivate init(_ row: Row) throws(StoreFailure) {
        let channels: String? = try row.optional("channels")
        let label: String? = try row.optional("label")
        self.init(
            user: try row.checked("user_id", User.ID.init), apiKey: try row.checked("api_key_id", APIKey.ID.init),
            life: try row.required("token_life"), channels: channels.map { Array($0.utf8) },
            label: label == nil ? nil : try row.checked("label", Label.init))
    }
}
