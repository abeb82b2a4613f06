package import Tokens

/// The life of a tenant's signing keys.
///
/// A key is published as `standby` before it signs, so that verifiers which fetch the key set now and then know it by
/// the time its first token arrives. Activating it retires the key that signed; a retired key still verifies what it
/// signed. A tenant that has an active key always keeps one: whatever would leave it without is refused, as is one
/// key more than the ``SigningKeyCount/most`` that verify.
package struct ManageSigningKeys: Sendable {
    private let storage: any Storage
    private let vault: Vault
    private let world: World

    /// The use cases over a database and the vault that seals its signing keys.
    package init(storage: any Storage, vault: Vault, world: World) {
        self.storage = storage
        self.vault = vault
        self.world = world
    }

    /// All the tenant's signing keys, revoked ones included, as stored.
    package func list(_ tenant: Tenant.ID) throws(ManagementFailure) -> [SealedKey] {
        try ManagementFailure.telling(of: "tenant \(tenant)") { () throws(StoreFailure) in
            guard let row = try storage.tenant(tenant) else { throw .missing }
            return row.keys
        }
    }

    /// Adds a standby key: published, not signing.
    ///
    /// - Parameters:
    ///   - tenant: whose key it will be.
    ///   - algorithm: nil: that of the active key.
    ///   - origin: who does it, for the audit log.
    /// - Returns: the key as stored.
    /// - Throws: `missing` where the tenant does not exist, `refused` where it has ``SigningKeyCount/most`` that verify.
    package func create(
        for tenant: Tenant.ID, algorithm: SignatureAlgorithm? = nil, by origin: AuditOrigin
    ) throws(ManagementFailure) -> SealedKey {
        try add(to: tenant, algorithm: algorithm, beside: try list(tenant), by: origin)
    }

    /// The first half of a rotation: adds the standby key that is to sign next.
    ///
    /// Refused while another key waits, since that one would be forgotten.
    package func rotate(
        _ tenant: Tenant.ID, algorithm: SignatureAlgorithm? = nil, by origin: AuditOrigin
    ) throws(ManagementFailure) -> SealedKey {
        let keys = try list(tenant)
        if let waiting = keys.first(where: { $0.state == .standby }) {
            throw .refused("The key \(waiting.kid) already waits on standby; activate it, or revoke it first.")
        }
        return try add(to: tenant, algorithm: algorithm, beside: keys, by: origin)
    }

    /// A whole rotation at once: the newest standby key of the algorithm, else a new one, signs from now on.
    ///
    /// Verifiers that keep a key set may refuse tokens until they fetch it again: for emergencies, and for HS256.
    package func rotateNow(
        _ tenant: Tenant.ID, algorithm: SignatureAlgorithm? = nil, by origin: AuditOrigin
    ) throws(ManagementFailure) -> SealedKey {
        let successor = try successor(in: tenant, algorithm: algorithm, besides: nil, by: origin)
        return try activate(successor.kid, of: tenant, by: origin)
    }

    /// Makes a standby or retired key the one that signs, and retires the one that did.
    package func activate(
        _ kid: String, of tenant: Tenant.ID, by origin: AuditOrigin
    ) throws(ManagementFailure) -> SealedKey {
        let keys = try list(tenant)
        var key = try find(kid, in: keys, of: tenant)
        switch key.state {
        case .active: return key
        case .revoked: throw .refused("The key \(kid) is revoked for good; create a new one.")
        case .standby, .retired: break
        }
        let now = world.now()
        guard key.verifies(at: now) || keys.count(where: { $0.verifies(at: now) }) < SigningKeyCount.most else {
            throw Self.full(tenant)
        }
        let former = keys.filter { $0.state == .active }.map { (kid: $0.kid, state: KeyState.retired) }
        key.changedAt = try set(
            former + [(kid: kid, state: .active)], among: keys, of: tenant, as: .signingKeyActivated, by: origin)
        key.state = .active
        return key
    }

    /// Keeps a key from signing ever again by itself; what it signed stays valid until it expires.
    package func retire(
        _ kid: String, of tenant: Tenant.ID, by origin: AuditOrigin
    ) throws(ManagementFailure) -> SealedKey {
        let keys = try list(tenant)
        var key = try find(kid, in: keys, of: tenant)
        switch key.state {
        case .retired: return key
        case .revoked: throw .refused("The key \(kid) is revoked for good.")
        case .active: throw Self.lastActive(kid, doing: "retired")
        case .standby: break
        }
        key.changedAt = try set(
            [(kid: kid, state: .retired)], among: keys, of: tenant, as: .signingKeyRetired, by: origin)
        key.state = .retired
        return key
    }

    /// Makes everything the key ever signed invalid, at once and for good.
    ///
    /// - Parameters:
    ///   - kid: the key.
    ///   - tenant: whose key it is.
    ///   - replacing: for the active key, lets the newest standby key, else a new one, take over in the same
    ///     transaction; without it, revoking the active key is refused.
    ///   - origin: who does it, for the audit log.
    /// - Returns: the revoked key, and the successor if one took over.
    /// - Throws: `refused` for the active key without `replacing`, `missing` where there is no such key.
    package func revoke(
        _ kid: String, of tenant: Tenant.ID, replacing: Bool = false, by origin: AuditOrigin
    ) throws(ManagementFailure) -> (revoked: SealedKey, successor: SealedKey?) {
        var keys = try list(tenant)
        var key = try find(kid, in: keys, of: tenant)
        guard key.state != .revoked else { return (key, nil) }
        var states = [(kid: kid, state: KeyState.revoked)]
        var successor: SealedKey?
        if key.state == .active {
            guard replacing else { throw Self.lastActive(kid, doing: "revoked") }
            successor = try self.successor(in: tenant, algorithm: key.algorithm, besides: kid, by: origin)
            if let successor, !keys.contains(where: { $0.kid == successor.kid }) { keys.append(successor) }
            successor?.state = .active
            if let successor { states.append((kid: successor.kid, state: .active)) }
        }
        key.changedAt = try set(states, among: keys, of: tenant, as: .signingKeyRevoked, by: origin)
        key.state = .revoked
        successor?.changedAt = key.changedAt
        return (key, successor)
    }

    /// The private part of a key as a JWK, by which whoever reads it can forge the tenant's tokens; it is recorded first.
    package func exportPrivate(
        _ kid: String, of tenant: Tenant.ID, by origin: AuditOrigin
    ) throws(ManagementFailure) -> String {
        let key = try open(kid, of: tenant)
        guard let jwk = key.jwk(.private) else { throw .refused("The key \(kid) has no private part.") }
        let audit = AuditDraft(
            .signingKeyExported, for: tenant, by: origin, target: "signing_key \(kid)",
            after: ["algorithm": JSON(key.algorithm.rawValue)], at: world.now())
        try ManagementFailure.telling(of: "tenant \(tenant)") { () throws(StoreFailure) in
            try storage.record([audit])
        }
        return jwk
    }

    /// The key opened; ``exportPrivate(_:of:by:)`` gives its private part away.
    package func open(_ kid: String, of tenant: Tenant.ID) throws(ManagementFailure) -> SigningKey {
        let sealed = try find(kid, in: try list(tenant), of: tenant)
        return try ManagementFailure.sealing { () throws(TokenFailure) in try vault.open(sealed, of: tenant) }
    }

    /// The secret of an HS256 key as a JWK; other keys have a public part, so nobody needs their private one.
    package func exportSecret(
        _ kid: String, of tenant: Tenant.ID, by origin: AuditOrigin
    ) throws(ManagementFailure) -> String {
        guard try find(kid, in: try list(tenant), of: tenant).algorithm == .hs256 else {
            throw .refused(
                "The key \(kid) has a public part, which the tenant's JWK set shows; only HS256 has a secret.")
        }
        return try exportPrivate(kid, of: tenant, by: origin)
    }
}

extension ManageSigningKeys {
    private static func lastActive(_ kid: String, doing verb: String) -> ManagementFailure {
        .refused(
            "The key \(kid) is the only one that signs and cannot be \(verb) without a successor; activate another first."
        )
    }

    private static func full(_ tenant: Tenant.ID) -> ManagementFailure {
        let why = "Tenant \(tenant) has \(SigningKeyCount.most) signing keys that verify, and may have no more"
        return .refused("\(why): revoke one that nobody needs, or wait until one has been retired for 25 hours.")
    }

    private func add(
        to tenant: Tenant.ID, algorithm: SignatureAlgorithm?, beside keys: [SealedKey],
        upTo most: Int = SigningKeyCount.most, by origin: AuditOrigin
    ) throws(ManagementFailure) -> SealedKey {
        let chosen = algorithm ?? keys.first { $0.state == .active }?.algorithm ?? .hs256
        let sealed = try ManagementFailure.sealing { () throws(TokenFailure) in
            let key = try SigningKey.generate(chosen, randomBytes: world.randomBytes)
            return try vault.seal(key, state: .standby, for: tenant, at: world.now())
        }
        let audit = AuditDraft(
            .signingKeyCreated, for: tenant, by: origin, target: sealed.auditTarget, after: sealed.audited,
            at: sealed.createdAt)
        do throws(StoreFailure) {
            try storage.add(sealed, to: tenant, upTo: most, recording: audit)
        } catch .conflict {
            throw Self.full(tenant)
        } catch {
            throw ManagementFailure(error, about: "tenant \(tenant)")
        }
        return sealed
    }

    private func successor(
        in tenant: Tenant.ID, algorithm: SignatureAlgorithm?, besides kid: String?, by origin: AuditOrigin
    ) throws(ManagementFailure) -> SealedKey {
        let keys = try list(tenant)
        let wanted = algorithm ?? keys.first { $0.state == .active }?.algorithm
        let waiting = keys.filter { $0.state == .standby && $0.kid != kid && (wanted == nil || $0.algorithm == wanted) }
        if let newest = waiting.max(by: { $0.createdAt < $1.createdAt }) { return newest }
        // One that takes the place of a leaked key is never refused for being one too many: that key goes at once.
        let most = SigningKeyCount.most + (kid == nil ? 0 : 1)
        return try add(to: tenant, algorithm: algorithm, beside: keys, upTo: most, by: origin)
    }

    private func find(
        _ kid: String, in keys: [SealedKey], of tenant: Tenant.ID
    ) throws(ManagementFailure) -> SealedKey {
        guard let key = keys.first(where: { $0.kid == kid }) else {
            throw .missing("There is no signing key \(kid) of tenant \(tenant).")
        }
        return key
    }

    /// Sets states, from the moment it returns; the entry tells those of all keys that change, and names the last, or the
    /// first if it is revoked.
    private func set(
        _ states: [(kid: String, state: KeyState)], among keys: [SealedKey], of tenant: Tenant.ID,
        as action: AuditAction, by origin: AuditOrigin
    ) throws(ManagementFailure) -> Timestamp {
        let now = world.now()
        let subject = action == .signingKeyRevoked ? states.first : states.last
        let former = keys.filter { key in states.contains { $0.kid == key.kid } }
        let audit = AuditDraft(
            action, for: tenant, by: origin, target: subject.map { "signing_key \($0.kid)" },
            before: JSON(object: former.map { ($0.kid, JSON($0.state.rawValue)) }),
            after: JSON(object: states.map { ($0.kid, JSON($0.state.rawValue)) }), at: now)
        do throws(StoreFailure) {
            try storage.setStates(states, of: tenant, at: now, recording: audit)
            return now
        } catch .conflict, .missing {
            // All of them were there a moment ago.
            throw .conflict("Somebody else changed the signing keys of tenant \(tenant) meanwhile; look at them again.")
        } catch {
            throw ManagementFailure(error, about: "tenant \(tenant)")
        }
    }
}
