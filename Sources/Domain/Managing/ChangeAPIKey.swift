/// Changes API keys in such a way that nobody's change undoes another's.
struct ChangeAPIKey: Sendable {
    let storage: any Storage
    let world: World

    /// How often a change begins anew where others change the same key.
    private static let attempts = 20

    /// Reads the key, decides what is to become of it, and stores that; anew where somebody else changed it meanwhile.
    ///
    /// - Parameters:
    ///   - id: which key.
    ///   - owner: whose it has to be; nil: anybody's.
    ///   - origin: who does it, for the audit log.
    ///   - decide: the key as it shall be, and what the audit log calls the change; nil: it stays as it is. Called again
    ///     with the key as it is then where another change came in between.
    /// - Returns: the key as it is now.
    /// - Throws: `missing` where the owner has no such key, `conflict` where others change it again and again, and what
    ///   `decide` throws.
    func callAsFunction(
        _ id: APIKey.ID, of owner: APIKey.Owner?, by origin: AuditOrigin,
        _ decide: (APIKey) throws(ManagementFailure) -> (key: APIKey, action: AuditAction)?
    ) throws(ManagementFailure) -> APIKey {
        for _ in 0..<Self.attempts {
            let former = try key(id, of: owner)
            guard let (key, action) = try decide(former) else { return former }
            let audit = AuditDraft(
                action, for: key.owner.tenant, by: origin, target: key.auditTarget, changing: former.audited,
                to: key.audited, at: world.now())
            let isDone = try ManagementFailure.telling(of: "API key \(id)") { () throws(StoreFailure) in
                do throws(StoreFailure) {
                    try storage.update(key, after: former, recording: audit)
                    return true
                } catch .missing {
                    // Somebody else was faster; what he changed must stay.
                    return false
                }
            }
            if isDone { return key }
        }
        throw .conflict("The API key \(id) is being changed by others; try again.")
    }

    /// The key as stored; `missing` where the owner has no such key.
    func key(_ id: APIKey.ID, of owner: APIKey.Owner?) throws(ManagementFailure) -> APIKey {
        try ManagementFailure.telling(of: "API key \(id)") { () throws(StoreFailure) in
            guard let key = try storage.apiKey(id), owner == nil || key.owner == owner else { throw .missing }
            return key
        }
    }
}
