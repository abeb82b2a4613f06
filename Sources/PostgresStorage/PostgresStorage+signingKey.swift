package import Domain
package import Tokens

extension PostgresStorage {
    package func add(
        _ key: SealedKey, to tenant: Tenant.ID, upTo most: Int, recording audit: AuditDraft
    ) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
            guard try lockAndCount(of: tenant, at: key.createdAt, &connection).hasRoom(upTo: most) else {
                throw .conflict
            }
            try insert(key, of: tenant, &connection)
            try append(audit, &connection)
            try log(.tenant(tenant), &connection)
        }
    }

    package func setStates(
        _ states: [(kid: String, state: KeyState)], of tenant: Tenant.ID, at moment: Timestamp,
        recording audit: AuditDraft
    ) throws(StoreFailure) {
        // Whatever becomes active comes last, so that at no moment two keys are.
        let ordered = states.filter { $0.state != .active } + states.filter { $0.state == .active }
        try write { connection throws(StoreFailure) in
            let former = try lockAndCount(of: tenant, at: moment, &connection)
            for (kid, state) in ordered {
                try connection.changeOne(
                    Statement(
                        """
                        UPDATE signing_key
                        SET state = $3, changed_at = CASE state WHEN $3 THEN changed_at ELSE $4 END
                        WHERE kid = $1 AND tenant_id = $2
                            -- Revoked is for good, whatever a slower command read before.
                            AND (state <> 'revoked' OR $3 = 'revoked')
                        """, .text(kid), .text(tenant.text), .text(state.rawValue), .number(moment.milliseconds)))
            }
            // Who asked had read the keys before, and others may have changed them since.
            guard former.mayBecome(try lockAndCount(of: tenant, at: moment, &connection)) else { throw .conflict }
            let gone = states.filter { $0.state == .revoked }
            if !gone.isEmpty { _ = try insert(gone.map { .keyGone($0.kid, tenant, audit) }, &connection) }
            try append(audit, &connection)
            try log(.tenant(tenant), &connection)
        }
    }

    /// Two that change keys of one tenant take turns, whatever the order in which they name them.
    private func lockAndCount(
        of tenant: Tenant.ID, at moment: Timestamp, _ connection: inout Connection
    ) throws(StoreFailure) -> SigningKeyCount {
        var count = SigningKeyCount(active: 0, verifying: 0)
        try connection.exchange([
            Statement("SELECT FROM tenant WHERE tenant_id = $1 FOR NO KEY UPDATE", .text(tenant.text)),
            Statement(
                """
                SELECT count(*) FILTER (WHERE state = 'active'),
                    count(*) FILTER (WHERE state <> 'retired' OR changed_at > $2)
                FROM signing_key WHERE tenant_id = $1 AND state <> 'revoked'
                """, .text(tenant.text), .number(SigningKeyCount.oldestRetirement(at: moment).milliseconds)),
        ]) { place, answer throws(StoreFailure) in
            guard place == 1 else { return }
            count =
                try answer.row { row throws(StoreFailure) in
                    SigningKeyCount(active: try row.number(0), verifying: try row.number(1))
                } ?? count
        }
        return count
    }

    func insert(_ key: SealedKey, of tenant: Tenant.ID, _ connection: inout Connection) throws(StoreFailure) {
        try requireMasterKey(&connection)
        try connection.changeOne(
            Statement(
                """
                INSERT INTO signing_key (tenant_id, kid, algorithm, state, sealed, created_at, changed_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                """,
                .text(tenant.text), .text(key.kid), .text(key.algorithm.rawValue), .text(key.state.rawValue),
                .bytes(key.sealed), .number(key.createdAt.milliseconds), .number(key.changedAt.milliseconds)))
    }
}
