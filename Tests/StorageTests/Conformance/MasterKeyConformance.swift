import Domain
import Testing
import Tokens

@Suite("The master key of every store")
struct MasterKeyConformance {
    /// A database with two tenants and one secret of every other kind, sealed under a key of its own.
    private struct Scene {
        let store: Store
        let former: MasterKey
        let new: MasterKey

        init(_ backend: Backend) throws {
            store = try backend.makeEmpty()
            former = try MasterKey(World.system.randomBytes(MasterKey.byteCount))
            new = try MasterKey(World.system.randomBytes(MasterKey.byteCount))
            let vault = Vault(master: former)
            try store.storage.setMasterKeyCheck(try MasterKeyCheck.value(of: former))
            let tenants = ManageTenants(storage: store.storage, vault: vault, world: .standing)
            for (name, algorithm) in [("acme", SignatureAlgorithm.hs256), ("other", .es256)] {
                let id = try #require(Tenant.ID(name))
                _ = try tenants.create(id, settings: TenantChange(), algorithm: algorithm, by: .commandLine)
            }
            _ = try RefreshKey(store.storage, vault: vault, world: .standing)
            let audit = try SigningKey.generate(.edDSA, randomBytes: World.system.randomBytes)
            _ = try store.storage.addFirst(try vault.seal(audit, at: .start))
        }

        func rotate(from former: MasterKey, to new: MasterKey) throws -> Int {
            try RotateMasterKey(storage: store.storage, world: .standing)(from: former, to: new, by: .commandLine)
        }

        /// What every secret is, under the key.
        func secrets(_ key: MasterKey) throws -> [[UInt8]] {
            let vault = Vault(master: key)
            return try store.storage.sealedSecrets().secrets.map { secret in try vault.open(secret).secretBytes() }
        }

        var answers: Int64 {
            get throws {
                try store.storage.pruneAnswers(at: .start.adding(seconds: 86_400), limit: 10, dryRun: true)
            }
        }

        func fits(_ key: MasterKey) throws -> Bool {
            MasterKeyCheck.value(try #require(try store.storage.masterKeyCheck()), fits: key)
        }
    }

    @Test("A rotation seals the same secrets under the new key, and says so in the audit log", arguments: Backend.all)
    func rotation(backend: Backend) throws {
        let scene = try Scene(backend)
        let before = try scene.secrets(scene.former)
        #expect(Set(before).count == 4)
        #expect(try scene.rotate(from: scene.former, to: scene.new) == 4)
        #expect(try scene.secrets(scene.new) == before)
        #expect(throws: TokenFailure.self) { try scene.secrets(scene.former) }
        #expect(try scene.fits(scene.new) && !scene.fits(scene.former))
        let entries = try scene.store.storage.auditEntries(of: nil, AuditQuery(limit: 10))
        #expect(entries.map(\.action) == [AuditAction.masterKeyRotated.rawValue])
        // The roads by which servers read them.
        let vault = Vault(master: scene.new)
        let acme = try #require(Tenant.ID("acme"))
        let stored = try #require(try scene.store.storage.tenant(acme))
        for key in stored.keys { _ = try vault.open(key, of: acme) }
        for key in try scene.store.storage.auditKeys() { _ = try vault.open(key) }
        _ = try RefreshKey(scene.store.storage, vault: vault, world: .standing)
    }

    @Test("Answers kept for repeated requests go, since they open no more", arguments: Backend.all)
    func answers(backend: Backend) throws {
        let scene = try Scene(backend)
        let shop = try Application.stored("shop", in: scene.store)
        let caller = try #require(APIKey.ID("abcdefghijkl"))
        let key = try #require(IdempotencyKey("k", of: caller))
        let command = RepeatableCommand(
            try shop.command("u"), key: key, request: SHA256.digest("b".utf8.span)
        ) { _ in [1] }
        _ = try scene.store.storage.issue([command])
        #expect(throws: ManagementFailure.self, "a secret that does not open stops it all") {
            try scene.rotate(from: scene.former, to: scene.new)
        }
        #expect(try scene.answers == 1 && scene.fits(scene.former))
        let secrets = try scene.store.storage.sealedSecrets().secrets
        let check = try #require(try scene.store.storage.masterKeyCheck())
        try scene.store.storage.reseal(
            secrets.map { ($0, $0.sealed) }, check: (check, check), recording: .sample(for: nil))
        #expect(try scene.answers == 0)
    }

    @Test("What changed since it was read is a conflict, and nothing is sealed anew", arguments: Backend.all)
    func conflicts(backend: Backend) throws {
        let scene = try Scene(backend)
        let storage = scene.store.storage
        let (secrets, check) = (try storage.sealedSecrets().secrets, try #require(try storage.masterKeyCheck()))
        let reseal = { (former: [SealedSecret], formerCheck: [UInt8]) in
            failure { () throws(StoreFailure) in
                try storage.reseal(
                    former.map { ($0, [1]) }, check: (formerCheck, [2]), recording: .sample(for: nil))
            }
        }
        #expect(reseal(Array(secrets.dropFirst()), check)?.isConflict == true, "one was added")
        #expect(reseal(secrets + [SealedSecret(.auditKey(kid: "x"), sealed: [3])], check)?.isConflict == true)
        let changed = secrets.map { SealedSecret($0.place, sealed: $0.sealed.reversed()) }
        #expect(reseal(changed, check)?.isConflict == true)
        #expect(reseal(secrets, [7]) != nil, "another rotation was first")
        #expect(try storage.sealedSecrets().secrets == secrets)
        #expect(try storage.masterKeyCheck() == check)
    }

    @Test("A wrong former key and a new one that is in force are refused", arguments: Backend.all)
    func refusals(backend: Backend) throws {
        let scene = try Scene(backend)
        for (former, new) in [(scene.new, scene.former), (scene.former, scene.former)] {
            #expect(throws: ManagementFailure.self) { try scene.rotate(from: former, to: new) }
        }
        #expect(try scene.secrets(scene.former).count == 4 && scene.fits(scene.former))
    }

    @Test("Who sealed under a key that was rotated meanwhile stores nothing", arguments: Backend.all)
    func late(backend: Backend) throws {
        let scene = try Scene(backend)
        let storage = scene.store.storage
        storage.expectMasterKeyCheck(try #require(try storage.masterKeyCheck()))
        let (acme, late) = (try #require(Tenant.ID("acme")), try #require(Tenant.ID("late")))
        let vault = Vault(master: scene.former)
        let tenants = ManageTenants(storage: storage, vault: vault, world: .standing)
        let keys = ManageSigningKeys(storage: storage, vault: vault, world: .standing)
        _ = try keys.create(for: acme, algorithm: .hs256, by: .commandLine)
        _ = try scene.rotate(from: scene.former, to: scene.new)
        #expect(throws: ManagementFailure.self) {
            try keys.create(for: acme, algorithm: .hs256, by: .commandLine)
        }
        #expect(throws: ManagementFailure.self) {
            try tenants.create(late, settings: TenantChange(), algorithm: .hs256, by: .commandLine)
        }
        #expect(try scene.secrets(scene.new).count == 5)
        storage.expectMasterKeyCheck(try #require(try storage.masterKeyCheck()))
        let now = ManageTenants(storage: storage, vault: Vault(master: scene.new), world: .standing)
        _ = try now.create(late, settings: TenantChange(), algorithm: .hs256, by: .commandLine)
        #expect(try scene.secrets(scene.new).count == 6)
    }
}
