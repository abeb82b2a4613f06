package import Tokens

/// Seals every secret of a deployment under another master key; tokens and API keys stay as they are.
///
/// Sessions of accounts end with the former key, from which their tokens were derived.
package struct RotateMasterKey: Sendable {
    private let storage: any Storage
    private let world: World

    /// The use case over a database.
    package init(storage: any Storage, world: World) {
        self.storage = storage
        self.world = world
    }

    /// Does it in one transaction: afterwards the former key opens nothing but older backups.
    ///
    /// - Parameters:
    ///   - former: the database's master key.
    ///   - new: the one to take its place.
    ///   - origin: who rotates it.
    /// - Returns: how many secrets are sealed anew.
    /// - Throws: `refused` where the former is not the database's key or the new one is; `corrupt` where a secret does not
    ///   open; `conflict` where the secrets changed meanwhile.
    package func callAsFunction(
        from former: MasterKey, to new: MasterKey, by origin: AuditOrigin
    ) throws(ManagementFailure) -> Int {
        let (check, secrets) = try telling { () throws(StoreFailure) in try storage.sealedSecrets() }
        guard let check, MasterKeyCheck.value(check, fits: former) else {
            throw .refused("This is not the master key the database was set up with.")
        }
        guard !MasterKeyCheck.value(check, fits: new) else {
            throw .refused("The new master key is the one in force.")
        }
        let (old, vault) = (Vault(master: former), Vault(master: new))
        var resealed: [(former: SealedSecret, sealed: [UInt8])] = []
        for secret in secrets { resealed.append((secret, try Self.reseal(secret, from: old, to: vault))) }
        let value = try ManagementFailure.sealing { () throws(TokenFailure) in try MasterKeyCheck.value(of: new) }
        let draft = AuditDraft(
            .masterKeyRotated, for: nil, by: origin, target: "master key", count: Int64(secrets.count), at: world.now())
        try telling { () throws(StoreFailure) in
            try storage.reseal(resealed, check: (check, value), recording: draft)
        }
        return secrets.count
    }

    private static func reseal(
        _ secret: SealedSecret, from old: Vault, to new: Vault
    ) throws(ManagementFailure) -> [UInt8] {
        do throws(TokenFailure) {
            return try new.seal(try old.open(secret), for: secret.place)
        } catch {
            throw .corrupt(cause: "\(secret.place) does not open under the master key of its database: \(error)")
        }
    }

    private func telling<Value>(_ body: () throws(StoreFailure) -> Value) throws(ManagementFailure) -> Value {
        do throws(StoreFailure) {
            return try body()
        } catch .conflict {
            throw .conflict(
                "Something was sealed meanwhile, or another rotation was first; nothing is changed. Stop every server.")
        } catch {
            throw ManagementFailure(error, about: "secret")
        }
    }
}
