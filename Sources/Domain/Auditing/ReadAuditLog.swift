package import Tokens

/// Reads the audit log of a tenant, or the operator's.
package struct ReadAuditLog: Sendable {
    private let storage: any Storage
    private let vault: Vault
    private let world: World

    /// The use case over a database.
    package init(storage: any Storage, vault: Vault, world: World) {
        self.storage = storage
        self.vault = vault
        self.world = world
    }

    /// Entries that fit the query; a tenant that does not exist is `missing`.
    package func callAsFunction(
        of tenant: Tenant.ID?, _ query: AuditQuery
    ) throws(ManagementFailure) -> [AuditEntry] {
        try ManagementFailure.telling(of: tenant.map { "tenant \($0)" } ?? "audit log") { () throws(StoreFailure) in
            if let tenant, try storage.tenant(tenant) == nil { throw .missing }
            return try storage.auditEntries(of: tenant, query)
        }
    }

    /// An export of the whole log, or of what happened in a span of time.
    package func export(
        of tenant: Tenant.ID?, from: Timestamp?, to: Timestamp?
    ) throws(ManagementFailure) -> AuditExport {
        try AuditExport(of: tenant, from: from, to: to, storage: storage, vault: vault, world: world)
    }

    /// The JWK set of the keys that sign checkpoints and exports.
    package func keySet() throws(ManagementFailure) -> [UInt8] {
        let keys = try SealAuditLog(storage: storage, vault: vault, world: world).publicKeys()
        return Array("{\"keys\":[\(keys.joined(separator: ","))]}".utf8)
    }
}

extension AuditEntry {
    /// The entry as the API shows it: the members that are hashed, and the hash.
    package var json: JSON {
        let text = AuditText(self).bytes
        let members = (try? JSON.parse(text.span, maximumDepth: 32))?.members ?? []
        return JSON(object: members + [("hash", JSON(link.hash.hex))])
    }
}
