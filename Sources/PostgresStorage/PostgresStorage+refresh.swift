package import Domain

extension PostgresStorage {
    package func refreshKey() throws(StoreFailure) -> [UInt8]? {
        try read(.refreshKey) { row throws(StoreFailure) in try row.bytes(0) }.first
    }

    package func setRefreshKey(_ sealed: [UInt8], at moment: Timestamp) throws(StoreFailure) -> [UInt8] {
        try write { connection throws(StoreFailure) in
            try requireMasterKey(&connection)
            var stored: [UInt8]?
            try connection.exchange([
                Statement(
                    "INSERT INTO refresh_key (key_number, sealed, created_at) VALUES (1, $1, $2) ON CONFLICT DO NOTHING",
                    .bytes(sealed), .number(moment.milliseconds)),
                .refreshKey,
            ]) { place, answer throws(StoreFailure) in
                if place == 1 { stored = try answer.row { row throws(StoreFailure) in try row.bytes(0) } }
            }
            guard let stored else { throw .corrupt(cause: "the key of refresh tokens cannot be read back") }
            return stored
        }
    }

    package func refresh(_ command: RefreshCommand) throws(StoreFailure) -> RefreshOutcome {
        let token = command.token
        let outcome = try read(
            Statement(
                "SELECT * FROM refresh_grant($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                .text(token.grant.description), .text(token.tenant.text), .number(token.grant.birth.milliseconds),
                .text(command.signingKey), .number(Int64(token.counter)), .number(Int64(command.month.number)),
                .number(Int64(Day(of: command.at).number)), .number(command.quotas.enforced),
                .number(command.quotas.shadowed), .number(command.at.milliseconds),
                .number(command.endsAt.milliseconds))
        ) { row throws(StoreFailure) in try RefreshOutcome(row) }.first
        guard let outcome else { throw .corrupt(cause: "refresh_grant says nothing") }
        return outcome
    }

    package func endRefreshing(
        _ grant: Grant.ID, of tenant: Tenant.ID, because reason: String, recording audit: AuditDraft
    ) throws(StoreFailure) -> Revocation? {
        try write { connection throws(StoreFailure) in
            var count = 0
            try connection.exchange([
                Statement(
                    "DELETE FROM grant_refresh WHERE grant_id = $1 AND tenant_id = $2", .text(grant.description),
                    .text(tenant.text))
            ]) { _, answer throws(StoreFailure) in count = answer.changed }
            guard count == 1 else { return nil }
            let revocation = try insert(
                [
                    RevocationDraft(
                        tenant: tenant, subject: .grant(grant), reason: reason, by: audit.origin, isAudited: false,
                        at: audit.at)
                ], &connection
            ).first
            try append(audit, &connection)
            return revocation
        }
    }

    /// Forgets all grants of a user, as a part of another transaction.
    func endRefreshing(
        of user: User.ID, of tenant: Tenant.ID, _ connection: inout Connection
    ) throws(StoreFailure) {
        try connection.exchange([
            Statement(
                "DELETE FROM grant_refresh WHERE tenant_id = $1 AND user_id = $2", .text(tenant.text), .text(user.text))
        ])
    }

    package func pruneRefreshing(
        at moment: Timestamp, limit: Int, dryRun: Bool
    ) throws(StoreFailure) -> Int64 {
        if dryRun {
            return try read(
                Statement("SELECT count(*) FROM grant_refresh WHERE ends_at <= $1", .number(moment.milliseconds))
            ) { row throws(StoreFailure) in try row.number(0) }.first ?? 0
        }
        return try write { connection throws(StoreFailure) in
            var count: Int64 = 0
            try connection.exchange([
                Statement(
                    """
                    DELETE FROM grant_refresh WHERE grant_id IN (
                        SELECT grant_id FROM grant_refresh WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2
                        FOR UPDATE SKIP LOCKED
                    )
                    """, .number(moment.milliseconds), .number(Int64(limit)))
            ]) { _, answer throws(StoreFailure) in count = Int64(answer.changed) }
            return count
        }
    }
}

extension Statement {
    fileprivate static let refreshKey = Statement("SELECT sealed FROM refresh_key")

    /// Stores the grants of a batch that are to be refreshed; one that is there already was stored by an earlier try.
    static func storing(_ grants: [RefreshableGrant]) -> Statement {
        var parameters = Parameters()
        parameters.append(texts: grants) { $0.id.description }
        parameters.append(texts: grants) { $0.tenant.text }
        parameters.append(texts: grants) { $0.terms.user.text }
        parameters.append(texts: grants) { $0.terms.apiKey.text }
        parameters.append(numbers: grants) { $0.terms.life }
        parameters.append(numbers: grants) { $0.endsAt.milliseconds }
        parameters.append(verbatim: grants) { $0.terms.channels }
        parameters.append(texts: grants) { $0.terms.label?.text }
        return Statement(
            """
            INSERT INTO grant_refresh
                (grant_id, tenant_id, user_id, api_key_id, token_life, ends_at, channels, label, counter)
            SELECT g.*, 0 FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) AS g
            ON CONFLICT DO NOTHING
            """, parameters)
    }
}

extension RefreshOutcome {
    fileprivate init(_ row: borrowing Row) throws(StoreFailure) {
        switch try row.text(0) {
        case "ended": self = .ended
        case "reused": self = .reused(try row.checked(2, User.ID.init))
        case "user_deactivated": self = .userDeactivated
        case "quota_exceeded": self = .quotaExceeded
        case "refreshed":
            let id = try row.checked(2, User.ID.init)
            let terms = RefreshTerms(
                user: id, apiKey: try row.checked(3, APIKey.ID.init), life: try row.number(4),
                channels: try row.optionalBytes(5),
                label: row.isNull(6) ? nil : try row.checked(6, Label.init))
            let user = User(
                id: id, name: try row.optionalText(7), image: try row.optionalText(8), custom: try row.optionalBytes(9))
            self = .refreshed(user, terms, counter: UInt32(truncatingIfNeeded: try row.number(1)))
        default: throw .corrupt(cause: "refresh_grant says what is not known")
        }
    }
}
