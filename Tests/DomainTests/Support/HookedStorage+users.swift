import Domain

extension HookedStorage {
    func userRecord(_ tenant: Tenant.ID, _ id: User.ID) throws(StoreFailure) -> UserRecord? {
        try real.userRecord(tenant, id)
    }

    func userRecords(
        of tenant: Tenant.ID, after id: User.ID?, status: User.Status?, limit: Int
    ) throws(StoreFailure) -> [UserRecord] {
        try real.userRecords(of: tenant, after: id, status: status, limit: limit)
    }

    func upsert(
        _ changes: [UserChange], of tenant: Tenant.ID, at moment: Timestamp
    ) throws(StoreFailure) -> [UserUpsert] {
        try real.upsert(changes, of: tenant, at: moment)
    }

    func change(
        _ id: User.ID, of tenant: Tenant.ID, at moment: Timestamp, _ body: (User) -> User?
    ) throws(StoreFailure) -> UserRecord {
        try real.change(id, of: tenant, at: moment, body)
    }

    func setStatus(
        _ status: User.Status, of id: User.ID, of tenant: Tenant.ID, at moment: Timestamp,
        recording audit: AuditDraft
    ) throws(StoreFailure) -> UserCutoff? {
        try real.setStatus(status, of: id, of: tenant, at: moment, recording: audit)
    }

    func purge(
        _ id: User.ID, of tenant: Tenant.ID, at moment: Timestamp, recording audit: AuditDraft
    ) throws(StoreFailure) -> UserCutoff {
        try real.purge(id, of: tenant, at: moment, recording: audit)
    }

    func userCutoffs(after moment: Timestamp) throws(StoreFailure) -> [UserCutoff] {
        try real.userCutoffs(after: moment)
    }
}
