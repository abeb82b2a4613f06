internal import Domain
internal import Tokens

/// An open database together with the master key that fits it.
struct Installation {
    let settings: Settings
    let storage: any Storage
    let vault: Vault
    let world: World

    var tenants: ManageTenants { ManageTenants(storage: storage, vault: vault, world: world) }
    var plans: ManagePlans { ManagePlans(storage: storage, world: world) }
    var keys: ManageKeys { ManageKeys(storage: storage, keyPrefix: settings.keyPrefix, world: world) }
    /// Takes in keys that were found in the open, and puts them out of use or only notes it.
    func leakDesk(quarantining: Bool) -> LeakDesk {
        LeakDesk(storage: storage, keyPrefix: settings.keyPrefix, world: world, quarantines: quarantining)
    }
    var signingKeys: ManageSigningKeys { ManageSigningKeys(storage: storage, vault: vault, world: world) }
    var revocations: ManageRevocations { ManageRevocations(storage: storage, world: world) }
    var auditLog: ReadAuditLog { ReadAuditLog(storage: storage, vault: vault, world: world) }
    var accounts: ManageAccounts {
        get throws(CommandFailure) {
            do throws(TokenFailure) {
                return ManageAccounts(
                    storage: storage, vault: vault,
                    tokens: try SessionTokens(vault: vault, publicURL: settings.publicURL),
                    keyPrefix: settings.keyPrefix, world: world)
            } catch {
                throw CommandFailure("The master key cannot be used: \(error).")
            }
        }
    }
    var consoleTokens: ConsoleTokens {
        ConsoleTokens(storage: storage, vault: vault, world: world, deployment: settings.deployment)
    }

    /// Opens the database that the settings name; refuses a master key that is not the database's own.
    static func open(
        _ settings: Settings, for purpose: DatabaseLocation.Purpose, world: World = .system
    ) throws(CommandFailure) -> Installation {
        let database = settings.database
        if purpose.needsExistence { try database.requireExistence() }
        // Before a file is made for which there would be no key.
        let master = try MasterKeyFile.load(settings.masterKey)
        let storage = try database.open(for: purpose, world: world)
        try check(master, against: storage, database)
        try checkCopy(storage, database, isServed: purpose == .serve)
        return Installation(settings: settings, storage: storage, vault: Vault(master: master), world: world)
    }

    /// Half a copy is refused; a whole one is on its own from its first server on, and no copy goes into it again.
    static func checkCopy(
        _ storage: any CopyEnd, _ database: DatabaseLocation, isServed: Bool
    ) throws(CommandFailure) {
        switch try database.telling(storage.copyState) {
        case nil: return
        case .unfinished:
            throw CommandFailure(
                "A copy into the database \(database.name) was broken off: finish it with `chat-tokens copy`.")
        case .complete where isServed: try database.telling { () throws(StoreFailure) in try storage.setCopyState(nil) }
        case .complete: return
        }
    }

    /// A new database takes the key as its own; any other must know it.
    private static func check(
        _ master: MasterKey, against storage: any Storage, _ database: DatabaseLocation
    ) throws(CommandFailure) {
        if let stored = try database.telling(storage.masterKeyCheck) {
            guard MasterKeyCheck.value(stored, fits: master) else {
                throw CommandFailure(notItsKey(database))
            }
            return storage.expectMasterKeyCheck(stored)
        }
        guard try database.telling(storage.isEmpty) else {
            throw CommandFailure("The database \(database.name) has tenants but no record of its master key.")
        }
        let value: [UInt8]
        do throws(TokenFailure) {
            value = try MasterKeyCheck.value(of: master)
        } catch {
            throw CommandFailure("The master key cannot seal: \(error).")
        }
        // Two commands may be the first at once; one of them set the key.
        let inForce = try database.telling { () throws(StoreFailure) in try storage.setMasterKeyCheck(value) }
        guard MasterKeyCheck.value(inForce, fits: master) else {
            throw CommandFailure(
                "Another command has just set the database \(database.name) up with another master key.")
        }
        storage.expectMasterKeyCheck(inForce)
    }

    /// What is said to somebody with another key.
    static func notItsKey(_ database: DatabaseLocation) -> String {
        "This is not the master key of the database \(database.name). Where `chat-tokens master-key rotate` has given it a "
            + "new one, that is the one to use; a backup made before has the former."
    }
}
