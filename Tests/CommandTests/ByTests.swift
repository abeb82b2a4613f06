import Domain
import Tokens

extension AuditOrigin {
    /// Who acts where it does not matter.
    static let tests = AuditOrigin(actor: "tests")
}

extension ManageTenants {
    func create(
        _ id: Tenant.ID, settings: TenantChange = TenantChange(), algorithm: SignatureAlgorithm = .hs256
    ) throws(ManagementFailure) -> Tenant {
        try create(id, settings: settings, algorithm: algorithm, by: .tests)
    }

    func update(_ id: Tenant.ID, with change: TenantChange) throws(ManagementFailure) -> Tenant {
        try update(id, with: change, by: .tests)
    }

    func suspend(_ id: Tenant.ID) throws(ManagementFailure) -> Tenant { try suspend(id, by: .tests) }

    func resume(_ id: Tenant.ID) throws(ManagementFailure) -> Tenant { try resume(id, by: .tests) }

    func delete(_ id: Tenant.ID) throws(ManagementFailure) -> Tenant { try delete(id, by: .tests) }
}

extension ManageKeys {
    func create(
        for owner: APIKey.Owner, name: String, scopes: Scopes? = nil, expiresIn: Int? = nil
    ) throws(ManagementFailure) -> Issued {
        try create(for: owner, name: name, scopes: scopes, expiresIn: expiresIn, by: .tests)
    }

    func rotate(_ id: APIKey.ID, graceSeconds: Int) throws(ManagementFailure) -> Issued {
        try rotate(id, graceSeconds: graceSeconds, by: .tests)
    }

    func revoke(_ id: APIKey.ID, reason: String = "") throws(ManagementFailure) -> APIKey {
        try revoke(id, reason: reason, by: .tests)
    }
}

extension ManageSigningKeys {
    func create(
        for tenant: Tenant.ID, algorithm: SignatureAlgorithm? = nil
    ) throws(ManagementFailure) -> SealedKey {
        try create(for: tenant, algorithm: algorithm, by: .tests)
    }

    func rotate(_ tenant: Tenant.ID, algorithm: SignatureAlgorithm? = nil) throws(ManagementFailure) -> SealedKey {
        try rotate(tenant, algorithm: algorithm, by: .tests)
    }

    func rotateNow(_ tenant: Tenant.ID) throws(ManagementFailure) -> SealedKey { try rotateNow(tenant, by: .tests) }

    func activate(_ kid: String, of tenant: Tenant.ID) throws(ManagementFailure) -> SealedKey {
        try activate(kid, of: tenant, by: .tests)
    }

    func retire(_ kid: String, of tenant: Tenant.ID) throws(ManagementFailure) -> SealedKey {
        try retire(kid, of: tenant, by: .tests)
    }

    func revoke(
        _ kid: String, of tenant: Tenant.ID, replacing: Bool = false
    ) throws(ManagementFailure) -> (revoked: SealedKey, successor: SealedKey?) {
        try revoke(kid, of: tenant, replacing: replacing, by: .tests)
    }
}
