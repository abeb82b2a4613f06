import Domain

/// Acts of management whose entries in the audit log do not matter.
extension Storage {
    func update(_ tenant: Tenant) throws(StoreFailure) {
        let former = try self.tenant(tenant.id)?.tenant ?? tenant
        let audit = AuditDraft(.tenantChanged, for: tenant.id, by: .tests, at: tenant.createdAt)
        try update(tenant, after: former, recording: audit)
    }

    func setStatus(_ status: Tenant.Status, of tenant: Tenant.ID) throws(StoreFailure) {
        let moment = Timestamp(seconds: 0)
        try setStatus(
            status, of: tenant, recording: AuditDraft(.tenantChanged, for: tenant, by: .tests, at: moment))
    }
}
