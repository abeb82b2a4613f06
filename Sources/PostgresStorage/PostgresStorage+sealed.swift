package import Domain
internal import Synchronization

extension PostgresStorage {
    package func masterKeyCheck() throws(StoreFailure) -> [UInt8]? {
        try read(.masterKeyCheck()) { row throws(StoreFailure) in try row.bytes(0) }.first
    }

    @discardableResult
    package func setMasterKeyCheck(_ value: [UInt8]) throws(StoreFailure) -> [UInt8] {
        try write { connection throws(StoreFailure) in
            var stored: [UInt8]?
            try connection.exchange([
                Statement(
                    "INSERT INTO deployment (name, value) VALUES ('master_key_check', $1) ON CONFLICT DO NOTHING",
                    .bytes(value)),
                .masterKeyCheck(),
            ]) { place, answer throws(StoreFailure) in
                if place == 1 { stored = try answer.row { row throws(StoreFailure) in try row.bytes(0) } }
            }
            guard let stored else { throw .corrupt(cause: "the master key check cannot be read back") }
            return stored
        }
    }

    package func expectMasterKeyCheck(_ value: [UInt8]) { expectedCheck.withLock { $0 = value } }

    /// Throws where the master key was rotated since it was looked at, and keeps it from being so until the transaction
    /// ends.
    func requireMasterKey(_ connection: inout Connection) throws(StoreFailure) {
        guard let expected = expectedCheck.withLock({ $0 }) else { return }
        guard try lockedCheck("SHARE", &connection) == expected else { throw .masterKeyRotated }
    }

    private func lockedCheck(_ strength: String, _ connection: inout Connection) throws(StoreFailure) -> [UInt8]? {
        var check: [UInt8]?
        try connection.exchange([.masterKeyCheck(" FOR " + strength)]) { _, answer throws(StoreFailure) in
            check = try answer.row { row throws(StoreFailure) in try row.bytes(0) }
        }
        return check
    }

    package func sealedSecrets() throws(StoreFailure) -> (check: [UInt8]?, secrets: [SealedSecret]) {
        try pool.use { connection throws(StoreFailure) in
            var check: [UInt8]?, secrets: [SealedSecret] = []
            try connection.exchange([.beginReading, .limits, .masterKeyCheck(), .sealedSecrets, .commit]) {
                place, answer throws(StoreFailure) in
                switch place {
                case 2: check = try answer.row { row throws(StoreFailure) in try row.bytes(0) }
                case 3: secrets = try answer.rows { row throws(StoreFailure) in try SealedSecret(row) }
                default: break
                }
            }
            return (check, secrets)
        }
    }

    package func reseal(
        _ secrets: [(former: SealedSecret, sealed: [UInt8])], check: (former: [UInt8], new: [UInt8]),
        recording audit: AuditDraft
    ) throws(StoreFailure) {
        try write { connection throws(StoreFailure) in
            // First: it makes those wait that are about to store what they have sealed.
            guard try lockedCheck("UPDATE", &connection) == check.former else { throw .conflict }
            var stored: [SealedSecret] = []
            try connection.exchange([.sealedSecrets]) { _, answer throws(StoreFailure) in
                stored = try answer.rows { row throws(StoreFailure) in try SealedSecret(row) }
            }
            guard stored == secrets.map(\.former) else { throw .conflict }
            try connection.exchange(Self.updates(secrets) + [Statement("DELETE FROM issue_answer")])
            try connection.changeOne(
                Statement("UPDATE deployment SET value = $1 WHERE name = 'master_key_check'", .bytes(check.new)))
            try append(audit, &connection)
        }
    }

    private static func updates(_ secrets: [(former: SealedSecret, sealed: [UInt8])]) -> [Statement] {
        var signing: [(kid: String, sealed: [UInt8])] = [], audit = signing, statements: [Statement] = []
        for (former, sealed) in secrets {
            switch former.place {
            case .signingKey(let kid, _): signing.append((kid, sealed))
            case .auditKey(let kid): audit.append((kid, sealed))
            case .refreshKey: statements.append(Statement("UPDATE refresh_key SET sealed = $1", .bytes(sealed)))
            }
        }
        return statements
            + [("signing_key", signing), ("audit_key", audit)].map { table, keys in
                var parameters = Parameters()
                parameters.append(texts: keys) { $0.kid }
                parameters.append(blobs: keys) { $0.sealed }
                return Statement(
                    """
                    UPDATE \(table) AS stored SET sealed = new.sealed FROM unnest($1, $2) AS new (kid, sealed)
                    WHERE stored.kid = new.kid
                    """, parameters)
            }
    }
}

extension SealedSecret {
    fileprivate init(_ row: borrowing Row) throws(StoreFailure) {
        let kid = try row.optionalText(2) ?? ""
        let place: Place
        switch try row.number(0) {
        case 1:
            guard let tenant = try row.optionalText(3).flatMap(Tenant.ID.init) else {
                throw .corrupt(cause: "a signing key has a tenant that breaks its rules")
            }
            place = .signingKey(kid: kid, tenant: tenant)
        case 2: place = .auditKey(kid: kid)
        default: place = .refreshKey
        }
        self.init(place, sealed: try row.bytes(1))
    }
}

extension Statement {
    /// The master key check; with a clause of its own.
    fileprivate static func masterKeyCheck(_ clause: String = "") -> Statement {
        Statement("SELECT value FROM deployment WHERE name = 'master_key_check'" + clause)
    }

    /// Signing keys, keys of the audit log and the key of refresh tokens.
    fileprivate static let sealedSecrets = Statement(
        """
        SELECT table_number, sealed, kid, tenant_id FROM (
            SELECT 1::bigint AS table_number, sealed, kid, tenant_id FROM signing_key
            UNION ALL SELECT 2, sealed, kid, NULL FROM audit_key
            UNION ALL SELECT 3, sealed, NULL, NULL FROM refresh_key
        ) AS place
        ORDER BY table_number, kid
        """)
}
