/// Creates, rotates and revokes API keys; a secret leaves these methods once and is stored only as a hash.
package struct ManageKeys: Sendable {
    let storage: any Storage
    let keyPrefix: String
    let world: World

    /// The longest time a rotated-away secret can go on working, in seconds (30 days).
    package static let longestGrace = 2_592_000
    /// The longest life a key can be given, in seconds (ten years).
    package static let longestLife = 315_360_000
    /// The longest reason of a revocation in characters.
    package static let longestReason = 255

    /// The use cases over a database; `keyPrefix` is what the deployment's keys begin with.
    package init(storage: any Storage, keyPrefix: String, world: World) {
        self.storage = storage
        self.keyPrefix = keyPrefix
        self.world = world
    }

    /// A key whose secret was just made.
    package struct Issued: Sendable {
        /// The key as stored.
        package let key: APIKey
        /// The whole key for its holder: show it once, never log it.
        package let text: String
    }

    /// Creates a key.
    ///
    /// - Parameters:
    ///   - owner: whose key it is.
    ///   - name: what people call it, 1 to 255 characters.
    ///   - scopes: what it may do; nil: ``defaultScopes(of:)``.
    ///   - terms: until when, from where and how fast it works.
    ///   - origin: who does it, for the audit log.
    /// - Returns: the key with its secret.
    /// - Throws: `invalid` for bad fields, `missing` where the tenant does not exist.
    package func create(
        for owner: APIKey.Owner, name: String, scopes: Scopes? = nil, terms: KeyTerms, by origin: AuditOrigin
    ) throws(ManagementFailure) -> Issued {
        let scopes = scopes ?? Self.defaultScopes(of: owner)
        let complaints = Self.complaints(owner: owner, name: name, scopes: scopes, terms: terms)
        guard complaints.isEmpty else { throw .invalid(complaints) }
        let now = world.now()
        let secret = APIKey.Secret(prefix: keyPrefix, world: world)
        let key = APIKey(
            id: secret.id, owner: owner, name: name, scopes: scopes, secretHash: secret.hash, createdAt: now,
            expiresAt: terms.expiresIn.map { now.adding(seconds: Int64($0)) },
            allowedAddresses: terms.allowedAddresses, rateLimit: terms.rateLimit)
        let audit = AuditDraft(
            .keyCreated, for: owner.tenant, by: origin, target: key.auditTarget, after: key.audited, at: now)
        try ManagementFailure.telling(of: Self.subject(owner)) { () throws(StoreFailure) in
            try storage.create(key, recording: audit)
        }
        return Issued(key: key, text: secret.revealOnce())
    }

    /// Creates a key that nothing but its expiry is said of; nil: it never expires.
    package func create(
        for owner: APIKey.Owner, name: String, scopes: Scopes? = nil, expiresIn: Int? = nil,
        by origin: AuditOrigin
    ) throws(ManagementFailure) -> Issued {
        try create(for: owner, name: name, scopes: scopes, terms: KeyTerms(expiresIn: expiresIn), by: origin)
    }

    /// Gives the key a new secret; the old one goes on working for `graceSeconds`, 0 to ``longestGrace``.
    ///
    /// Only the latest former secret is kept: one that was still in its grace from an earlier rotation stops now.
    /// With an `owner`, a key of anybody else is `missing`.
    package func rotate(
        _ id: APIKey.ID, of owner: APIKey.Owner? = nil, graceSeconds: Int, by origin: AuditOrigin
    ) throws(ManagementFailure) -> Issued {
        guard (0...Self.longestGrace).contains(graceSeconds) else {
            throw .invalid([Failure.Field("graceSeconds", "must be from 0 to \(Self.longestGrace)")])
        }
        let former = try key(id, of: owner)
        var key = former
        let now = world.now()
        guard key.status(at: now) == .active else {
            throw .refused("The key \(id) is \(key.status(at: now).rawValue) and cannot be rotated; create a new one.")
        }
        let secret = APIKey.Secret(for: id, prefix: keyPrefix, world: world)
        key.former =
            graceSeconds == 0
            ? nil : APIKey.Former(hash: key.secretHash, until: now.adding(seconds: Int64(graceSeconds)))
        key.secretHash = secret.hash
        try save(key, after: former, as: .keyRotated, by: origin)
        return Issued(key: key, text: secret.revealOnce())
    }

    /// Takes the key back for good.
    ///
    /// Revoking again changes nothing: the first reason stays. With an `owner`, a key of anybody else is `missing`.
    package func revoke(
        _ id: APIKey.ID, of owner: APIKey.Owner? = nil, reason: String = "", by origin: AuditOrigin
    ) throws(ManagementFailure) -> APIKey {
        guard reason.count <= Self.longestReason, !reason.unicodeScalars.contains(where: \.isControl) else {
            throw .invalid([
                Failure.Field("reason", "must be at most \(Self.longestReason) characters without control characters")
            ])
        }
        let former = try key(id, of: owner)
        var key = former
        guard key.revocation == nil else { return key }
        key.revocation = APIKey.Revocation(at: world.now(), reason: reason, by: origin.actor)
        key.former = nil
        try save(key, after: former, as: .keyRevoked, by: origin)
        return key
    }

    func key(_ id: APIKey.ID, of owner: APIKey.Owner?) throws(ManagementFailure) -> APIKey {
        try ManagementFailure.telling(of: "API key \(id)") { () throws(StoreFailure) in
            guard let key = try storage.apiKey(id), owner == nil || key.owner == owner else { throw .missing }
            return key
        }
    }

    func save(
        _ key: APIKey, after former: APIKey, as action: AuditAction, by origin: AuditOrigin
    ) throws(ManagementFailure) {
        let audit = AuditDraft(
            action, for: key.owner.tenant, by: origin, target: key.auditTarget, changing: former.audited,
            to: key.audited, at: world.now())
        try ManagementFailure.telling(of: "API key \(key.id)") { () throws(StoreFailure) in
            try storage.update(key, recording: audit)
        }
    }
}
