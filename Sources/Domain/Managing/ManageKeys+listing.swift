extension ManageKeys {
    /// A key and how it was used.
    package struct Record: Sendable {
        /// The key.
        package let key: APIKey
        /// Its usage as stored; servers store theirs about every second.
        package let usage: APIKey.Usage
    }

    /// The keys of an owner, oldest first; `missing` where a tenant does not exist.
    package func list(of owner: APIKey.Owner) throws(ManagementFailure) -> [APIKey] {
        try ManagementFailure.telling(of: Self.subject(owner)) { () throws(StoreFailure) in
            if case .tenant(let id) = owner, try storage.tenant(id) == nil { throw .missing }
            return try storage.apiKeys(of: owner)
        }
    }

    /// The keys of an owner with their usage, oldest first.
    ///
    /// - Parameters:
    ///   - owner: whose keys.
    ///   - seconds: only active keys that expire within so many seconds; nil: all.
    /// - Returns: the keys.
    /// - Throws: what the storage throws.
    package func records(
        of owner: APIKey.Owner, expiringWithin seconds: Int64? = nil
    ) throws(ManagementFailure) -> [Record] {
        var keys = try list(of: owner)
        if let seconds {
            let now = world.now()
            let end = now.adding(seconds: seconds)
            keys = keys.filter { key in
                guard key.status(at: now) == .active, let expiresAt = key.expiresAt else { return false }
                return expiresAt <= end
            }
        }
        let usages = try usage(of: owner)
        return keys.map { Record(key: $0, usage: usages[$0.id] ?? APIKey.Usage()) }
    }

    /// One key of the owner with its usage; `missing` where it is anybody else's.
    package func record(_ id: APIKey.ID, of owner: APIKey.Owner) throws(ManagementFailure) -> Record {
        let key = try key(id, of: owner)
        return Record(key: key, usage: try usage(of: owner)[id] ?? APIKey.Usage())
    }

    /// Changes the name of one of the owner's keys, or the terms on which it works.
    package func change(
        _ id: APIKey.ID, of owner: APIKey.Owner, with change: KeyChange, by origin: AuditOrigin
    ) throws(ManagementFailure) -> Record {
        let key = try self.change(id, of: owner, by: origin) { former throws(ManagementFailure) in
            (try change.applied(to: former, at: world.now()), .keyChanged)
        }
        return Record(key: key, usage: try usage(of: owner)[id] ?? APIKey.Usage())
    }

    private func usage(of owner: APIKey.Owner) throws(ManagementFailure) -> [APIKey.ID: APIKey.Usage] {
        try ManagementFailure.telling(of: Self.subject(owner)) { () throws(StoreFailure) in
            try storage.usage(of: owner)
        }
    }
}
