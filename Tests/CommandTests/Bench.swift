import Domain
import Foundation
import SQLiteStorage
import Synchronization
import Tokens

/// A new database in a folder of its own, the use cases over it, and a clock that the test sets.
final class Bench {
    let storage: SQLiteStorage
    let vault: Vault
    let world: World
    let tenant: Tenant.ID
    private let folder: URL
    private let clock = Clock()

    final class Clock: Sendable {
        let now = Mutex(Timestamp(seconds: 1_800_000_000))
    }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("chat-tokens-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let clock = clock
        world = World(
            now: { clock.now.withLock { $0 } }, monotonicNanoseconds: World.system.monotonicNanoseconds,
            randomBytes: World.system.randomBytes)
        storage = try SQLiteStorage.open(
            path: folder.appendingPathComponent("test.db").path, mode: .tool, world: world)
        vault = Vault(master: try MasterKey(world.randomBytes(MasterKey.byteCount)))
        tenant = try Bench.tenantID("acme")
        _ = try ManageTenants(storage: storage, vault: vault, world: world).create(tenant)
    }

    deinit {
        try? storage.close()
        try? FileManager.default.removeItem(at: folder)
    }

    static func tenantID(_ text: String) throws -> Tenant.ID {
        guard let id = Tenant.ID(text) else { throw ManagementFailure.missing(text) }
        return id
    }

    func wait(seconds: Int64) {
        clock.now.withLock { $0 = $0.adding(seconds: seconds) }
    }

    var tenants: ManageTenants { ManageTenants(storage: storage, vault: vault, world: world) }
    var keys: ManageKeys { ManageKeys(storage: storage, keyPrefix: "chatsdk", world: world) }
    var signingKeys: ManageSigningKeys { ManageSigningKeys(storage: storage, vault: vault, world: world) }
    var console: ConsoleTokens {
        ConsoleTokens(
            storage: storage, vault: vault, world: world, deployment: Deployment(publicURL: "https://tokens.example"))
    }

    func directory() -> Directory {
        Directory(
            storage: storage, vault: vault, world: world, deployment: Deployment(publicURL: "https://tokens.example"))
    }

    /// The kid of the only key that is in this state.
    func kid(_ state: KeyState) throws -> String {
        let keys = try signingKeys.list(tenant).filter { $0.state == state }
        guard keys.count == 1 else { throw ManagementFailure.missing("exactly one \(state) key") }
        return keys[0].kid
    }

    /// What a server makes of the API key.
    func authenticate(_ text: String, needs scope: Scopes) throws -> Authenticate.Outcome {
        let directory = directory()
        let authenticate = Authenticate(directory: directory, world: world)
        while true {
            let outcome = authenticate(text, needs: scope)
            guard case .load(let want) = outcome else { return outcome }
            try directory.load(want)
        }
    }
}

extension Authenticate.Outcome {
    /// The refusal; nil where the key was accepted.
    var failure: Failure? {
        if case .refused(let failure) = self { failure } else { nil }
    }
}
