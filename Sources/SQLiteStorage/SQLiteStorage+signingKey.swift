package import Domain
internal import Foundation
internal import GRDB
package import Tokens

extension SQLiteStorage {
    package func add(
        _ key: SealedKey, to tenant: Tenant.ID, recording audit: AuditDraft
    ) throws(StoreFailure) {
        try write { db in
            try insert(key, of: tenant, db)
            try append(audit, db)
            try log(.tenant(tenant), db)
        }
    }

    package func setStates(
        _ states: [(kid: String, state: KeyState)], of tenant: Tenant.ID, at moment: Timestamp,
        recording audit: AuditDraft
    ) throws(StoreFailure) {
        // Whatever becomes active comes last, so that at no moment two keys are.
        let ordered = states.filter { $0.state != .active } + states.filter { $0.state == .active }
        try write { db in
            for (kid, state) in ordered {
                try db.changeOne(
                    """
                    UPDATE signing_key
                    SET state = :state, changed_at = CASE state WHEN :state THEN changed_at ELSE :at END
                    WHERE kid = :kid AND tenant_id = :tenant
                        -- Revoked is for good, whatever a slower command read before.
                        AND (state <> 'revoked' OR :state = 'revoked')
                    """,
                    ["state": state.rawValue, "at": moment.milliseconds, "kid": kid, "tenant": tenant.text])
            }
            try append(audit, db)
            try log(.tenant(tenant), db)
        }
    }

    func insert(_ key: SealedKey, of tenant: Tenant.ID, _ db: Database) throws {
        try db.changeOne(
            """
            INSERT INTO signing_key (tenant_id, kid, algorithm, state, sealed, created_at, changed_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                tenant.text, key.kid, key.algorithm.rawValue, key.state.rawValue, Data(key.sealed),
                key.createdAt.milliseconds, key.changedAt.milliseconds,
            ])
    }
}
