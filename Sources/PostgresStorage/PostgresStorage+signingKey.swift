package import Domain
package import Tokens

extension PostgresStorage {
    package func add(
        _ key: SealedKey, to tenant: Tenant.ID, recording audit: AuditDraft
    ) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
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
            // Two that set states of the same keys take turns, whatever the order in which they name them.
            try connection.exchange([
                Statement("SELECT FROM tenant WHERE tenant_id = $1 FOR NO KEY UPDATE", .text(tenant.text))
            ])
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
            try append(audit, &connection)
            try log(.tenant(tenant), &connection)
        }
    }

    func insert(_ key: SealedKey, of tenant: Tenant.ID, _ connection: inout Connection) throws(StoreFailure) {
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
