internal import Domain
internal import Foundation
internal import SQLiteStorage
internal import Tokens

/// An open database together with the master key that fits it.
struct Installation {
    /// What the database is opened for.
    enum Mode {
        /// To serve: creates it where there is none, and keeps every other server out.
        case serve
        /// For one command: it has to exist; a server may be running on it.
        case tool
        /// To set up: creates it where there is none.
        case setUp
    }

    let settings: Settings
    let storage: SQLiteStorage
    let vault: Vault
    let world: World

    var tenants: ManageTenants { ManageTenants(storage: storage, vault: vault, world: world) }
    var keys: ManageKeys { ManageKeys(storage: storage, keyPrefix: settings.keyPrefix, world: world) }
    var signingKeys: ManageSigningKeys { ManageSigningKeys(storage: storage, vault: vault, world: world) }
    var consoleTokens: ConsoleTokens {
        ConsoleTokens(storage: storage, vault: vault, world: world, deployment: settings.deployment)
    }

    /// Opens the database that the settings name; refuses a master key that is not the database's own.
    static func open(_ settings: Settings, mode: Mode, world: World = .system) throws(CommandFailure) -> Installation {
        let path = settings.database.path
        if mode == .tool, !FileManager.default.fileExists(atPath: path) {
            throw CommandFailure("There is no database \(path). `chat-tokens init` makes one.")
        }
        let master = try MasterKeyFile.load(settings.masterKey)
        if mode != .tool { try makeFolder(settings.database.folder) }
        let storage = try telling(of: path) { () throws(StoreFailure) in
            try SQLiteStorage.open(path: path, mode: mode == .serve ? .serve : .tool, world: world)
        }
        try check(master, against: storage, path: path)
        return Installation(settings: settings, storage: storage, vault: Vault(master: master), world: world)
    }

    /// A new database takes the key as its own; any other must know it.
    private static func check(
        _ master: MasterKey, against storage: SQLiteStorage, path: String
    ) throws(CommandFailure) {
        if let stored = try telling(of: path, storage.masterKeyCheck) {
            guard MasterKeyCheck.value(stored, fits: master) else {
                throw CommandFailure("This is not the master key the database \(path) was set up with.")
            }
            return
        }
        guard try telling(of: path, storage.isEmpty) else {
            throw CommandFailure("The database \(path) has tenants but no record of its master key.")
        }
        let value: [UInt8]
        do throws(TokenFailure) {
            value = try MasterKeyCheck.value(of: master)
        } catch {
            throw CommandFailure("The master key cannot seal: \(error).")
        }
        // Two commands may be the first at once; one of them set the key.
        let inForce = try telling(of: path) { () throws(StoreFailure) in try storage.setMasterKeyCheck(value) }
        guard MasterKeyCheck.value(inForce, fits: master) else {
            throw CommandFailure("Another command has just set the database \(path) up with another master key.")
        }
    }

    private static func telling<Value>(
        of path: String, _ body: () throws(StoreFailure) -> Value
    ) throws(CommandFailure) -> Value {
        do throws(StoreFailure) {
            return try body()
        } catch {
            throw CommandFailure(error, doing: "Opening the database \(path)")
        }
    }

    /// Makes the database's folder, for its owner alone where it is new.
    static func makeFolder(_ path: String) throws(CommandFailure) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandFailure("Cannot make the folder \(path): \(error.localizedDescription)")
        }
    }
}
