package import Domain
internal import GRDB
internal import Synchronization

extension SQLiteStorage {
    package func masterKeyCheck() throws(StoreFailure) -> [UInt8]? {
        try read { db in try Self.masterKeyCheck(db) }
    }

    @discardableResult
    package func setMasterKeyCheck(_ value: [UInt8]) throws(StoreFailure) -> [UInt8] {
        try write { db in
            if let stored = try Self.masterKeyCheck(db) { return stored }
            try db.changeOne("INSERT INTO deployment (name, value) VALUES ('master_key_check', ?)", [value.stored])
            return value
        }
    }

    package func expectMasterKeyCheck(_ value: [UInt8]) { expectedCheck.withLock { $0 = value } }

    /// Throws where the master key was rotated since it was looked at.
    func requireMasterKey(_ db: Database) throws {
        guard let expected = expectedCheck.withLock(\.self), try Self.masterKeyCheck(db) != expected else { return }
        throw StoreFailure.masterKeyRotated
    }

    package func sealedSecrets() throws(StoreFailure) -> (check: [UInt8]?, secrets: [SealedSecret]) {
        try read { db in (try Self.masterKeyCheck(db), try Self.sealedSecrets(db)) }
    }

    package func reseal(
        _ secrets: [(former: SealedSecret, sealed: [UInt8])], check: (former: [UInt8], new: [UInt8]),
        recording audit: AuditDraft
    ) throws(StoreFailure) {
        try write { db in
            guard try Self.masterKeyCheck(db) == check.former, try Self.sealedSecrets(db) == secrets.map(\.former)
            else {
                throw StoreFailure.conflict
            }
            for (former, sealed) in secrets {
                switch former.place {
                case .signingKey(let kid, _):
                    try db.changeOne("UPDATE signing_key SET sealed = ? WHERE kid = ?", [sealed.stored, kid])
                case .auditKey(let kid):
                    try db.changeOne("UPDATE audit_key SET sealed = ? WHERE kid = ?", [sealed.stored, kid])
                case .refreshKey: try db.changeOne("UPDATE refresh_key SET sealed = ?", [sealed.stored])
                }
            }
            try db.execute(sql: "DELETE FROM issue_answer")
            try db.changeOne("UPDATE deployment SET value = ? WHERE name = 'master_key_check'", [check.new.stored])
            try append(audit, db)
        }
    }

    private static func sealedSecrets(_ db: Database) throws -> [SealedSecret] {
        let signing = try Row.fetchAll(db, sql: "SELECT kid, tenant_id, sealed FROM signing_key ORDER BY kid").map {
            row in
            SealedSecret(
                .signingKey(kid: try row.required("kid"), tenant: try row.checked("tenant_id", Tenant.ID.init)),
                sealed: try row.bytes("sealed"))
        }
        let audit = try Row.fetchAll(db, sql: "SELECT kid, sealed FROM audit_key ORDER BY kid").map { row in
            SealedSecret(.auditKey(kid: try row.required("kid")), sealed: try row.bytes("sealed"))
        }
        let refresh = try refreshKey(db).map { SealedSecret(.refreshKey, sealed: $0) }
        return signing + audit + [refresh].compactMap(\.self)
    }

    private static func masterKeyCheck(_ db: Database) throws -> [UInt8]? {
        try Row.fetchOne(db, sql: "SELECT value FROM deployment WHERE name = 'master_key_check'").map { row in
            try row.bytes("value")
        }
    }
}
