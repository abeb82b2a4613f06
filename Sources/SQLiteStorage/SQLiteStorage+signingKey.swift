package import Domain
internal import Foundation
internal import GRDB
package import Tokens

extension SQLiteStorage {
    package func add(
        _ key: SealedKey, to tenant: Tenant.ID, upTo most: Int, recording audit: AuditDraft
    ) throws(StoreFailure) {
        try write { db in
            guard try count(of: tenant, at: key.createdAt, db).hasRoom(upTo: most) else { throw StoreFailure.conflict }
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
            let former = try count(of: tenant, at: moment, db)
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
            // Who asked had read the keys before, and others may have changed them since.
            guard former.mayBecome(try count(of: tenant, at: moment, db)) else { throw StoreFailure.conflict }
            let gone = states.filter { $0.state == .revoked }
            if !gone.isEmpty { _ = try insert(gone.map { .keyGone($0.kid, tenant, audit) }, db) }
            try append(audit, db)
            try log(.tenant(tenant), db)
        }
    }

    private func count(of tenant: Tenant.ID, at moment: Timestamp, _ db: Database) throws -> SigningKeyCount {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT count(*) FILTER (WHERE state = 'active'),
                    count(*) FILTER (WHERE state <> 'retired' OR changed_at > ?)
                FROM signing_key WHERE tenant_id = ? AND state <> 'revoked'
                """, arguments: [SigningKeyCount.oldestRetirement(at: moment).milliseconds, tenant.text])
        return SigningKeyCount(active: row?[0] ?? 0, verifying: row?[1] ?? 0)
    }

    func insert(_ key: SealedKey, of tenant: Tenant.ID, _ db: Database) throws {
        try requireMasterKey(db)
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
