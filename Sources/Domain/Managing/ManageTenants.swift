package import Tokens

/// Creates tenants and changes their settings; every act reaches running servers through the change log.
package struct ManageTenants: Sendable {
    private let storage: any Storage
    private let vault: Vault
    private let world: World

    /// The use cases over a database and the vault that seals its signing keys.
    package init(storage: any Storage, vault: Vault, world: World) {
        self.storage = storage
        self.vault = vault
        self.world = world
    }

    /// A tenant with what belongs to it, read together.
    package struct Details: Sendable {
        /// The settings.
        package let tenant: Tenant
        /// All its signing keys, revoked ones included.
        package let signingKeys: [SealedKey]
        /// Its API keys, oldest first.
        package let apiKeys: [APIKey]
        /// Token pairs issued in the current month.
        package let issuedPairs: Int64
    }

    /// Creates an active tenant whose first signing key signs at once.
    ///
    /// - Parameters:
    ///   - id: its name, which never changes.
    ///   - settings: what differs from the defaults: plan `free`, its own identifier as the name.
    ///   - algorithm: that of the first signing key.
    ///   - origin: who does it, for the audit log.
    /// - Returns: the tenant as stored.
    /// - Throws: `conflict` where the identifier is taken, `invalid` for bad settings.
    package func create(
        _ id: Tenant.ID, settings: TenantChange = TenantChange(), algorithm: SignatureAlgorithm = .hs256,
        by origin: AuditOrigin
    ) throws(ManagementFailure) -> Tenant {
        let now = world.now()
        let plan = try plan(settings.plan ?? .free)
        let tenant = try settings.applied(to: Tenant(id: id, name: id.text, plan: plan, createdAt: now))
        let sealed = try ManagementFailure.sealing { () throws(TokenFailure) in
            let key = try SigningKey.generate(algorithm, randomBytes: world.randomBytes)
            return try vault.seal(key, state: .active, for: id, at: now)
        }
        let audit = AuditDraft(
            .tenantCreated, for: id, by: origin, target: sealed.auditTarget, after: tenant.audited, at: now)
        try ManagementFailure.telling(of: "a tenant \(id)") { () throws(StoreFailure) in
            try storage.create(tenant, signingKey: sealed, recording: audit)
        }
        return tenant
    }

    /// All tenants in the order of their identifiers.
    package func list() throws(ManagementFailure) -> [Tenant] {
        try ManagementFailure.telling(of: "tenant") { () throws(StoreFailure) in try storage.tenants() }
    }

    /// The tenant with its keys and what it has used of its quota.
    package func show(_ id: Tenant.ID) throws(ManagementFailure) -> Details {
        let month = Month(of: world.now())
        return try ManagementFailure.telling(of: "tenant \(id)") { () throws(StoreFailure) in
            guard let row = try storage.tenant(id) else { throw .missing }
            return Details(
                tenant: row.tenant, signingKeys: row.keys, apiKeys: try storage.apiKeys(of: .tenant(id)),
                issuedPairs: try storage.issuedPairs(id, in: month))
        }
    }

    /// Token pairs issued to the tenant in the current month.
    package func issuedPairs(_ id: Tenant.ID) throws(ManagementFailure) -> Int64 {
        try ManagementFailure.telling(of: "tenant \(id)") { () throws(StoreFailure) in
            try storage.issuedPairs(id, in: Month(of: world.now()))
        }
    }

    /// Changes settings; limits apply from the next request, claims and life from the next token.
    ///
    /// The status is not a setting: a suspension that comes at the same time stays.
    package func update(
        _ id: Tenant.ID, with change: TenantChange, by origin: AuditOrigin
    ) throws(ManagementFailure) -> Tenant {
        for _ in 0..<Self.attempts {
            let former = try changeable(id)
            let changed = try change.applied(to: former, plan: try change.plan.map(plan))
            let audit = AuditDraft(
                .tenantChanged, for: id, by: origin, changing: former.audited, to: changed.audited, at: world.now())
            let isDone = try ManagementFailure.telling(of: "tenant \(id)") { () throws(StoreFailure) in
                do throws(StoreFailure) {
                    try storage.update(changed, after: former, recording: audit)
                    return true
                } catch .missing {
                    // Somebody else was faster; what he changed must stay.
                    return false
                }
            }
            if isDone { return try tenant(id) }
        }
        throw .conflict("The settings of tenant \(id) are being changed by others; try again.")
    }

    /// How often a change begins anew where others change the same tenant.
    private static let attempts = 20

    /// Stops issuing and verifying for the tenant; nothing is lost.
    package func suspend(_ id: Tenant.ID, by origin: AuditOrigin) throws(ManagementFailure) -> Tenant {
        try set(.suspended, of: id, as: .tenantSuspended, by: origin)
    }

    /// Ends a suspension; tokens issued before it are valid again until they expire.
    package func resume(_ id: Tenant.ID, by origin: AuditOrigin) throws(ManagementFailure) -> Tenant {
        try set(.active, of: id, as: .tenantResumed, by: origin)
    }

    /// Refuses everything of the tenant from now on, for good; its identifier stays taken.
    ///
    /// Nothing is erased: what was issued and counted stays accountable. Deleting again changes nothing.
    package func delete(_ id: Tenant.ID, by origin: AuditOrigin) throws(ManagementFailure) -> Tenant {
        let tenant = try tenant(id)
        return tenant.status == .deleted ? tenant : try set(.deleted, of: id, as: .tenantDeleted, by: origin)
    }

    private func set(
        _ status: Tenant.Status, of id: Tenant.ID, as action: AuditAction, by origin: AuditOrigin
    ) throws(ManagementFailure) -> Tenant {
        let former = try changeable(id).status
        let audit = AuditDraft(
            action, for: id, by: origin, before: ["status": JSON(former.rawValue)],
            after: ["status": JSON(status.rawValue)], at: world.now())
        try ManagementFailure.telling(of: "tenant \(id)") { () throws(StoreFailure) in
            try storage.setStatus(status, of: id, recording: audit)
        }
        return try tenant(id)
    }

    private func plan(_ id: Plan.ID) throws(ManagementFailure) -> Plan {
        let found = try ManagementFailure.telling(of: "plan \(id)") { () throws(StoreFailure) in try storage.plan(id) }
        guard let found else { throw .invalid([Failure.Field("plan", "must name a plan that there is")]) }
        return found
    }

    private func changeable(_ id: Tenant.ID) throws(ManagementFailure) -> Tenant {
        let tenant = try tenant(id)
        guard tenant.status != .deleted else { throw .refused("Tenant \(id) is deleted for good.") }
        return tenant
    }

    private func tenant(_ id: Tenant.ID) throws(ManagementFailure) -> Tenant {
        try ManagementFailure.telling(of: "tenant \(id)") { () throws(StoreFailure) in
            guard let row = try storage.tenant(id) else { throw .missing }
            return row.tenant
        }
    }
}
