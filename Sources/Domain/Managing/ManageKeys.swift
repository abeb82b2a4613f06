internal import Tokens

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
    /// Only the latest former secret is kept: one that was still in its grace from an earlier rotation stops now. Of two
    /// rotations at once the later is a `conflict`: it would end the grace that the earlier one has promised.
    /// With an `owner`, a key of anybody else is `missing`.
    package func rotate(
        _ id: APIKey.ID, of owner: APIKey.Owner? = nil, graceSeconds: Int, by origin: AuditOrigin
    ) throws(ManagementFailure) -> Issued {
        guard (0...Self.longestGrace).contains(graceSeconds) else {
            throw .invalid([Failure.Field("graceSeconds", "must be from 0 to \(Self.longestGrace)")])
        }
        let secret = APIKey.Secret(for: id, prefix: keyPrefix, world: world)
        let hash = secret.hash
        var replaced: Digest?
        let key = try change(id, of: owner, by: origin) { former throws(ManagementFailure) in
            guard replaced == nil || replaced == former.secretHash else {
                throw .conflict("The key \(id) was given another secret at the same time.")
            }
            replaced = former.secretHash
            return (try rotated(former, to: hash, graceSeconds: graceSeconds), .keyRotated)
        }
        return Issued(key: key, text: secret.revealOnce())
    }

    private func rotated(
        _ former: APIKey, to hash: Digest, graceSeconds: Int
    ) throws(ManagementFailure) -> APIKey {
        let now = world.now()
        let status = former.status(at: now)
        guard status == .active else {
            throw .refused("The key \(former.id) is \(status.rawValue) and cannot be rotated; create a new one.")
        }
        var key = former
        key.former =
            graceSeconds == 0
            ? nil : APIKey.Former(hash: former.secretHash, until: now.adding(seconds: Int64(graceSeconds)))
        key.secretHash = hash
        if let leak = former.leak {
            // Where a secret was seen says nothing of its successor.
            key.leak = APIKey.Leak(at: leak.at, place: APIKey.Leak.unknownPlace, quarantinedAt: leak.quarantinedAt)
        }
        return key
    }

    /// Takes the key back for good, whatever others do with it at the same time.
    ///
    /// Revoking again changes nothing: the first reason stays. With an `owner`, a key of anybody else is `missing`.
    package func revoke(
        _ id: APIKey.ID, of owner: APIKey.Owner? = nil, reason: String = "", by origin: AuditOrigin
    ) throws(ManagementFailure) -> APIKey {
        guard reason.isLine(atMost: Self.longestReason) else {
            throw .invalid([
                Failure.Field("reason", "must be at most \(Self.longestReason) characters without control characters")
            ])
        }
        let former = try key(id, of: owner)
        guard former.revocation == nil else { return former }
        var key = former
        let revocation = APIKey.Revocation(at: world.now(), reason: reason, by: origin.actor)
        key.revocation = revocation
        key.former = nil
        let audit = AuditDraft(
            .keyRevoked, for: key.owner.tenant, by: origin, target: key.auditTarget, changing: former.audited,
            to: key.audited, at: world.now())
        try ManagementFailure.telling(of: "API key \(id)") { () throws(StoreFailure) in
            do throws(StoreFailure) {
                try storage.revoke(key, with: revocation, recording: audit)
            } catch .missing {
                // Somebody else was faster.
            }
        }
        return try self.key(id, of: owner)
    }

    func key(_ id: APIKey.ID, of owner: APIKey.Owner?) throws(ManagementFailure) -> APIKey {
        try change.key(id, of: owner)
    }

    var change: ChangeAPIKey { ChangeAPIKey(storage: storage, world: world) }
}
