/// Reads, changes, deactivates and erases the users of a tenant.
package struct ManageUsers: Sendable {
    private let storage: any Storage
    private let world: World

    /// The most users of one page, and of one batch.
    package static let most = 100

    /// The use cases over a database.
    package init(storage: any Storage, world: World) {
        self.storage = storage
        self.world = world
    }

    /// Some of a tenant's users, and where the rest begins.
    package struct Page: Sendable {
        /// In the order of their identifiers' bytes.
        package let users: [UserRecord]
        /// The last of them where more follow; nil: these were the last.
        package let next: User.ID?
    }

    /// The user; `missing` where the tenant has none of this identifier.
    package func read(_ id: User.ID, of tenant: Tenant.ID) throws(ManagementFailure) -> UserRecord {
        try telling { () throws(StoreFailure) in
            guard let record = try storage.userRecord(tenant, id) else { throw .missing }
            return record
        }
    }

    /// The users after the given one, 1 to ``most`` of them.
    ///
    /// Whoever goes from page to page meets every user once that was there all the time, whatever comes and goes.
    package func list(
        of tenant: Tenant.ID, after id: User.ID?, status: User.Status?, limit: Int
    ) throws(ManagementFailure) -> Page {
        let found = try telling { () throws(StoreFailure) in
            try storage.userRecords(of: tenant, after: id, status: status, limit: limit + 1)
        }
        let users = Array(found.prefix(limit))
        return Page(users: users, next: found.count > limit ? users.last?.user.id : nil)
    }

    /// Adds or changes users, all of them durable or none; a user's status stays as it is.
    package func upsert(
        _ changes: [UserChange], of tenant: Tenant.ID
    ) throws(ManagementFailure) -> [UserUpsert] {
        guard !changes.isEmpty else { return [] }
        return try telling { () throws(StoreFailure) in
            try storage.upsert(changes, of: tenant, at: world.now())
        }
    }

    /// Applies a merge patch; `missing` where there is no such user, `invalid` where the result would be too large.
    package func patch(
        _ id: User.ID, of tenant: Tenant.ID, with patch: UserPatch
    ) throws(ManagementFailure) -> UserRecord {
        var refusal: ManagementFailure?
        let record = try telling { () throws(StoreFailure) in
            try storage.change(id, of: tenant, at: world.now()) { user in
                do throws(ManagementFailure) {
                    refusal = nil
                    return try patch.applied(to: user)
                } catch {
                    refusal = error
                    return nil
                }
            }
        }
        if let refusal { throw refusal }
        return record
    }

    /// Deactivates or reactivates the user; having the status already changes nothing.
    ///
    /// - Parameters:
    ///   - status: the new status.
    ///   - id: the user.
    ///   - tenant: whose user.
    ///   - origin: who acts.
    /// - Returns: the user as it is now, and what servers have to know; nil where nothing changed.
    /// - Throws: `missing` where there is no such user.
    package func set(
        _ status: User.Status, of id: User.ID, of tenant: Tenant.ID, by origin: AuditOrigin
    ) throws(ManagementFailure) -> (record: UserRecord, cutoff: UserCutoff?) {
        let now = world.now()
        let action: AuditAction = status == .active ? .userReactivated : .userDeactivated
        let audit = draft(action, id, of: tenant, by: origin, at: now)
        return try telling { () throws(StoreFailure) in
            let cutoff = try storage.setStatus(status, of: id, of: tenant, at: now, recording: audit)
            guard let record = try storage.userRecord(tenant, id) else { throw .missing }
            return (record, cutoff)
        }
    }

    /// Erases the user, after which nothing tells of the person but counts.
    ///
    /// - Parameters:
    ///   - id: the user.
    ///   - tenant: whose user.
    ///   - origin: who acts.
    /// - Returns: what servers have to know.
    /// - Throws: `missing` where there is no such user.
    package func purge(
        _ id: User.ID, of tenant: Tenant.ID, by origin: AuditOrigin
    ) throws(ManagementFailure) -> UserCutoff {
        let now = world.now()
        let audit = draft(.userPurged, id, of: tenant, by: origin, at: now)
        return try telling { () throws(StoreFailure) in
            try storage.purge(id, of: tenant, at: now, recording: audit)
        }
    }

    /// The audit log cannot forget, so it never hears the identifier.
    private func draft(
        _ action: AuditAction, _ id: User.ID, of tenant: Tenant.ID, by origin: AuditOrigin, at moment: Timestamp
    ) -> AuditDraft {
        AuditDraft(
            action, for: tenant, by: origin, target: "user \(UserReference(tenant, id).text)", at: moment)
    }

    /// Failures must not repeat the identifier either: they may end up in a log.
    private func telling<Value>(
        _ body: () throws(StoreFailure) -> Value
    ) throws(ManagementFailure) -> Value {
        try ManagementFailure.telling(of: "user of this identifier", body)
    }
}
