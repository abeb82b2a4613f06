internal import Tokens

/// Signs where chains are, with a key of the deployment that is made when it is first needed.
///
/// A chain gets a checkpoint an hour after its last one if it has grown, or after ``mostUnsealed`` entries; a chain
/// without any gets one at once. So of what is cut off at its end no more than an hour can go unnoticed, and ten
/// thousand quiet tenants cost nothing.
package struct SealAuditLog: Sendable {
    private let storage: any Storage
    private let vault: Vault
    private let world: World

    /// Seconds after which a chain that has grown gets its next checkpoint.
    package static let interval: Int64 = 3_600
    /// Entries after which it gets one sooner.
    package static let mostUnsealed: Int64 = 1_000

    /// The use case over a database and the vault that seals its key.
    package init(storage: any Storage, vault: Vault, world: World) {
        self.storage = storage
        self.vault = vault
        self.world = world
    }

    /// Signs and stores the checkpoints that are due, at most `limit`.
    ///
    /// - Returns: the places they are of, for whoever keeps them outside of the database.
    package func callAsFunction(limit: Int = 1_000) throws(ManagementFailure) -> [AuditLink] {
        let now = world.now()
        let due = try telling { () throws(StoreFailure) in
            try storage.unsealedChains(
                sealedBefore: now.adding(seconds: -Self.interval), or: Self.mostUnsealed, limit: limit)
        }
        guard !due.isEmpty else { return [] }
        let key = try key()
        var checkpoints: [AuditCheckpoint] = []
        for place in due { checkpoints.append(try checkpoint(place, by: key, at: now)) }
        try telling { () throws(StoreFailure) in try storage.add(checkpoints) }
        return due
    }

    /// The public keys by which statements are checked, newest first.
    package func publicKeys() throws(ManagementFailure) -> [String] {
        _ = try key()
        var keys: [String] = []
        for sealed in try stored() {
            if let jwk = try open(sealed).jwk(.public) { keys.append(jwk) }
        }
        return keys
    }

    /// Signs a statement with the newest key.
    func sign(_ claims: JSON, as typ: String) throws(ManagementFailure) -> String {
        try sign(claims, as: typ, by: try key())
    }

    private func checkpoint(
        _ place: AuditLink, by key: SigningKey, at now: Timestamp
    ) throws(ManagementFailure) -> AuditCheckpoint {
        let claims: JSON = [
            "at": JSON(now.precise), "hash": JSON(place.hash.hex), "sequence": JSON(place.sequence),
            "tenant": JSON(optional: place.tenant?.text),
        ]
        return AuditCheckpoint(
            tenant: place.tenant, sequence: place.sequence, signedAt: now,
            statement: try sign(claims, as: AuditStatement.checkpoint, by: key))
    }

    private func sign(
        _ claims: JSON, as typ: String, by key: SigningKey
    ) throws(ManagementFailure) -> String {
        try ManagementFailure.sealing { () throws(TokenFailure) in
            var statement: [UInt8] = []
            try key.appendToken(
                headerSegment: key.headerSegment(typ: typ), payload: claims.canonicalBytes().span, to: &statement)
            return String(decoding: statement, as: UTF8.self)
        }
    }

    /// The newest key, which is made where there is none.
    private func key() throws(ManagementFailure) -> SigningKey {
        if let newest = try stored().first { return try open(newest) }
        let sealed = try ManagementFailure.sealing { () throws(TokenFailure) in
            let key = try SigningKey.generate(.edDSA, randomBytes: world.randomBytes)
            return try vault.seal(key, at: world.now())
        }
        // Of two nodes that make the first key at once one is late, and takes the other's.
        let inForce = try telling { () throws(StoreFailure) in try storage.addFirst(sealed) }
        return try open(inForce)
    }

    private func stored() throws(ManagementFailure) -> [SealedAuditKey] {
        try telling { () throws(StoreFailure) in try storage.auditKeys() }
    }

    private func open(_ key: SealedAuditKey) throws(ManagementFailure) -> SigningKey {
        try ManagementFailure.sealing { () throws(TokenFailure) in try vault.open(key) }
    }

    private func telling<Value>(_ body: () throws(StoreFailure) -> Value) throws(ManagementFailure) -> Value {
        try ManagementFailure.telling(of: "audit log", body)
    }
}
