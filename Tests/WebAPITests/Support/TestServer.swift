import Domain
import SQLiteStorage
import Testing
import Tokens
import WebAPI

/// A running server on a database of its own.
final class TestServer: Sendable {
    let port: Int
    let parts: Parts

    /// What the server was made of.
    struct Parts: Sendable {
        let clock: TestClock
        let database: SQLiteStorage
        let vault: Vault
        let directory: Directory
        let revocations: Revocations
        let refreshKey: RefreshKey
        let registry = PrometheusRegistry()

        init(clock: TestClock, storage: SQLiteStorage) throws {
            self.clock = clock
            database = storage
            vault = Vault(master: try MasterKey(World.system.randomBytes(MasterKey.byteCount)))
            refreshKey = try RefreshKey(storage, vault: vault, world: clock.world)
            directory = Directory(
                storage: storage, vault: vault, world: clock.world,
                deployment: Deployment(publicURL: "https://chat.example"))
            revocations = Revocations(directory: directory, storage: storage, world: clock.world)
            try revocations.catchUp()
        }

        var storage: any Storage { database }
    }

    init(port: Int, parts: Parts) {
        self.port = port
        self.parts = parts
    }

    var clock: TestClock { parts.clock }
    var tenants: ManageTenants { ManageTenants(storage: parts.storage, vault: parts.vault, world: clock.world) }
    var plans: ManagePlans { ManagePlans(storage: parts.storage, world: clock.world) }
    var keys: ManageKeys { ManageKeys(storage: parts.storage, keyPrefix: "chatsdk", world: clock.world) }
    var signingKeys: ManageSigningKeys {
        ManageSigningKeys(storage: parts.storage, vault: parts.vault, world: clock.world)
    }

    /// A stored tenant whose limits are out of the way, unless `settings` says otherwise.
    @discardableResult
    func addTenant(
        _ name: String = "acme", _ algorithm: SignatureAlgorithm = .hs256,
        _ change: (inout TenantChange) -> Void = { _ in }
    ) throws -> Tenant.ID {
        var settings = TenantChange()
        (settings.rate, settings.burst) = (.set(1_000_000), .set(1_000_000))
        change(&settings)
        return try tenants.create(try #require(Tenant.ID(name)), settings: settings, algorithm: algorithm).id
    }

    /// A new key of the tenant.
    func key(_ tenant: Tenant.ID, _ scopes: Scopes? = nil) throws -> String {
        try keys.create(for: .tenant(tenant), name: "test", scopes: scopes).text
    }

    /// A new node key.
    func nodeKey() throws -> String { try keys.create(for: .node, name: "gateway").text }

    /// Brings what was changed meanwhile to the server's memory, as the change log does.
    func follow() throws {
        try parts.revocations.catchUp()
        let tail = ChangeTail(storage: parts.storage, directory: parts.directory, world: clock.world)
        _ = try tail.advance(from: 0)
    }

    /// One request on a connection of its own.
    func answer(_ ask: Ask) async throws -> HTTPAnswer {
        try await onThread { [port] in
            let wire = try Wire(port: port)
            try wire.send(ask.bytes)
            guard let answer = try wire.answer(toHead: ask.method == "HEAD") else {
                throw Wire.Broken(cause: "no answer")
            }
            return answer
        }
    }

    /// Several requests on one connection, all sent before the first answer is read.
    func answers(_ asks: [Ask]) async throws -> [HTTPAnswer] {
        try await onThread { [port] in
            let wire = try Wire(port: port)
            try wire.send(asks.flatMap(\.bytes))
            return try asks.compactMap { try wire.answer(toHead: $0.method == "HEAD") }
        }
    }

    /// A conversation byte by byte.
    func talk<Value: Sendable>(
        patience: Int = Wire.patience, _ talk: @escaping @Sendable (Wire) throws -> Value
    ) async throws -> Value {
        try await onThread { [port] in try talk(Wire(port: port, patience: patience)) }
    }
}
