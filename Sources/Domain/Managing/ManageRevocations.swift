/// Revokes tokens from outside of a server; running ones learn of it from the log.
package struct ManageRevocations: Sendable {
    private let storage: any Storage
    private let world: World

    /// The use cases over a database.
    package init(storage: any Storage, world: World) {
        self.storage = storage
        self.world = world
    }

    /// Makes every token of the tenant that matches the subject void.
    ///
    /// - Parameters:
    ///   - subject: which tokens.
    ///   - tenant: whose.
    ///   - issuedBefore: only those of grants born before; nil: all that there are by now.
    ///   - reason: why, for the record; at most ``Revocation/longestReason`` characters.
    ///   - origin: who asks.
    /// - Returns: the revocation in force, which may be an earlier one that covers this.
    /// - Throws: `missing` where there is no such tenant, `invalid` for bad fields.
    package func revoke(
        _ subject: Revocation.Subject, of tenant: Tenant.ID, issuedBefore: Timestamp? = nil, reason: String = "",
        by origin: AuditOrigin
    ) throws(ManagementFailure) -> Revocation {
        let now = world.now()
        var complaints: [Failure.Field] = []
        if let issuedBefore, issuedBefore > now {
            complaints.append(Failure.Field("issuedBefore", "must not be in the future"))
        }
        if !reason.isLine(atMost: Revocation.longestReason) {
            let rule = "must be at most \(Revocation.longestReason) characters without control characters"
            complaints.append(Failure.Field("reason", rule))
        }
        guard complaints.isEmpty else { throw .invalid(complaints) }
        let draft = RevocationDraft(
            tenant: tenant, subject: subject, issuedBefore: issuedBefore, reason: reason, by: origin, at: now)
        return try ManagementFailure.telling(of: "tenant \(tenant)") { () throws(StoreFailure) in
            guard let stored = try storage.revoke([draft]).first else {
                throw .corrupt(cause: "the database gave no answer")
            }
            return stored
        }
    }

    /// The tenant's revocations that are alive, oldest first.
    package func list(_ tenant: Tenant.ID) throws(ManagementFailure) -> [Revocation] {
        try ManagementFailure.telling(of: "tenant \(tenant)") { () throws(StoreFailure) in
            guard try storage.tenant(tenant) != nil else { throw .missing }
            return try storage.revocations(after: 0, of: tenant, aliveAt: world.now(), limit: .max)
        }
    }
}
