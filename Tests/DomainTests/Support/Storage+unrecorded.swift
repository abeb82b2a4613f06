import Domain

/// Acts of management whose entries in the audit log do not matter.
extension Storage {
    func update(_ tenant: Tenant) throws(StoreFailure) {
        try update(tenant, recording: AuditDraft(.tenantChanged, for: tenant.id, by: .tests, at: tenant.createdAt))
    }

    func setStatus(_ status: Tenant.Status, of tenant: Tenant.ID) throws(StoreFailure) {
        let moment = Timestamp(seconds: 0)
        try setStatus(
            status, of: tenant, recording: AuditDraft(.tenantChanged, for: tenant, by: .tests, at: moment))
    }
}
