import Domain
import Tokens

extension AuditDraft {
    /// An entry where it does not matter what it says.
    static func sample(
        _ action: AuditAction = .tenantChanged, for tenant: Tenant.ID?, actor: String = "tests",
        at moment: Timestamp = .start
    ) -> AuditDraft {
        AuditDraft(action, for: tenant, by: AuditOrigin(actor: actor), at: moment)
    }
}

/// Acts of management whose entries in the audit log do not matter.
extension Storage {
    func create(_ tenant: Tenant, signingKey: SealedKey) throws(StoreFailure) {
        try create(tenant, signingKey: signingKey, recording: .sample(for: tenant.id))
    }

    func update(_ tenant: Tenant) throws(StoreFailure) {
        let former = try self.tenant(tenant.id)?.tenant ?? tenant
        try update(tenant, after: former, recording: .sample(for: tenant.id))
    }

    func setStatus(_ status: Tenant.Status, of tenant: Tenant.ID) throws(StoreFailure) {
        try setStatus(status, of: tenant, recording: .sample(for: tenant))
    }

    func create(_ key: APIKey) throws(StoreFailure) {
        try create(key, recording: .sample(for: key.owner.tenant))
    }

    func update(_ key: APIKey) throws(StoreFailure) {
        try update(key, after: try apiKey(key.id) ?? key, recording: .sample(for: key.owner.tenant))
    }

    func revoke(_ key: APIKey, with revocation: APIKey.Revocation) throws(StoreFailure) {
        try revoke(key, with: revocation, recording: .sample(for: key.owner.tenant))
    }

    func add(_ key: SealedKey, to tenant: Tenant.ID) throws(StoreFailure) {
        try add(key, to: tenant, upTo: SigningKeyCount.most, recording: .sample(for: tenant))
    }

    func setStates(
        _ states: [(kid: String, state: KeyState)], of tenant: Tenant.ID, at moment: Timestamp
    ) throws(StoreFailure) {
        try setStates(states, of: tenant, at: moment, recording: .sample(for: tenant))
    }
}
