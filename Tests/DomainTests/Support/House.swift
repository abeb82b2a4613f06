import Domain
import Foundation
import SQLiteStorage
import Testing
import Tokens

/// A deployment on a database of its own, in a folder that goes with it.
final class House: Sendable {
    let clock: TestClock
    let storage: SQLiteStorage
    let vault: Vault
    let deployment: Deployment
    let directory: Directory
    private let folder: URL

    init(
        deployment: Deployment = Deployment(publicURL: "https://chat.example"), capacity: Int = 1_000,
        patienceSeconds: Int64 = 30
    ) throws {
        clock = TestClock()
        // In memory where there is such a place: these tests are about rules, not about disks.
        let shared = URL(filePath: "/dev/shm")
        let base =
            FileManager.default.isWritableFile(atPath: shared.path) ? shared : FileManager.default.temporaryDirectory
        folder = base.appending(path: "chat-tokens-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        storage = try SQLiteStorage.open(
            path: folder.appending(path: "chat-tokens.db").path, mode: .tool, world: clock.world)
        vault = Vault(master: try MasterKey(World.system.randomBytes(MasterKey.byteCount)))
        self.deployment = deployment
        directory = Directory(
            storage: storage, vault: vault, world: clock.world, deployment: deployment, capacity: capacity,
            patienceSeconds: patienceSeconds)
    }

    deinit {
        try? storage.close()
        try? FileManager.default.removeItem(at: folder)
    }

    var world: World { clock.world }
    var tenants: ManageTenants { ManageTenants(storage: storage, vault: vault, world: world) }
    var plans: ManagePlans { ManagePlans(storage: storage, world: world) }
    var keys: ManageKeys { ManageKeys(storage: storage, keyPrefix: deployment.keyPrefix, world: world) }
    var signingKeys: ManageSigningKeys { ManageSigningKeys(storage: storage, vault: vault, world: world) }

    /// A stored tenant with one active signing key.
    @discardableResult
    func addTenant(
        _ name: String = "acme", _ algorithm: SignatureAlgorithm = .hs256, settings: TenantChange = TenantChange()
    ) throws -> Tenant {
        try tenants.create(try #require(Tenant.ID(name)), settings: settings, algorithm: algorithm)
    }

    /// The tenant as the hot endpoints see it, loaded if need be.
    func state(_ name: String = "acme") throws -> TenantState {
        let id = try #require(Tenant.ID(name))
        if case .present(let state) = directory.tenant(id) { return state }
        try directory.load(.tenant(id))
        guard case .present(let state) = directory.tenant(id) else { throw Absent() }
        return state
    }

    /// Has the directory forget the tenant, as a change of it would.
    func forget(_ name: String = "acme") throws {
        directory.apply([Change(sequence: 1, subject: .tenant(try #require(Tenant.ID(name))))])
    }

    struct Absent: Error {}
}

/// Text as the bytes that the domain takes.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
