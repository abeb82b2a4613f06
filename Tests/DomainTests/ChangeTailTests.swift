import Domain
import SQLiteStorage
import Testing
import Tokens

@Suite("Following the change log brings every change to memory")
struct ChangeTailTests {
    private func tail(_ house: House, _ storage: (any Storage)? = nil) -> ChangeTail {
        ChangeTail(storage: storage ?? house.storage, directory: house.directory, world: house.world)
    }

    @Test("what changed since the last look is forgotten, and nothing else")
    func advance() throws {
        let house = try House()
        let (one, other) = (try house.addTenant("one").id, try house.addTenant("other").id)
        try house.directory.load(.tenant(one))
        try house.directory.load(.tenant(other))
        let start = try tail(house).start()
        _ = try house.tenants.suspend(one)
        let next = try tail(house).advance(from: start)
        #expect(next > start)
        guard case .unknown = house.directory.tenant(one) else { Issue.record("kept"); return }
        guard case .present = house.directory.tenant(other) else { Issue.record("forgotten"); return }
        #expect(try house.state("one").tenant.status == .suspended)
        #expect(try tail(house).advance(from: next) == next)
        guard case .present = house.directory.tenant(one) else { Issue.record("forgotten twice"); return }
    }

    @Test("every management act is a change that memory hears of")
    func acts() throws {
        let house = try House()
        let tenant = try house.addTenant().id
        let key = try house.keys.create(for: .tenant(tenant), name: "k").key.id
        let standby = try house.signingKeys.create(for: tenant).kid
        var settings = TenantChange()
        settings.name = "Other"
        let acts: [(String, Directory.Want, () throws -> Void)] = [
            ("update", .tenant(tenant), { _ = try house.tenants.update(tenant, with: settings) }),
            ("suspend", .tenant(tenant), { _ = try house.tenants.suspend(tenant) }),
            ("resume", .tenant(tenant), { _ = try house.tenants.resume(tenant) }),
            ("new signing key", .tenant(tenant), { _ = try house.signingKeys.create(for: tenant) }),
            ("activate", .tenant(tenant), { _ = try house.signingKeys.activate(standby, of: tenant) }),
            ("revoke", .tenant(tenant), { _ = try house.signingKeys.revoke(standby, of: tenant, replacing: true) }),
            ("rotate key", .apiKey(key), { _ = try house.keys.rotate(key, graceSeconds: 0) }),
            ("revoke key", .apiKey(key), { _ = try house.keys.revoke(key) }),
        ]
        for (name, want, act) in acts {
            try house.directory.load(want)
            let start = try tail(house).start()
            try act()
            _ = try tail(house).advance(from: start)
            let counts = house.directory.counts
            switch want {
            case .tenant: #expect(counts.tenants == 0, "\(name)")
            case .apiKey: #expect(counts.keys == 0, "\(name)")
            case .importedPrefixes, .importedKey: Issue.record("no act is about these")
            }
        }
    }

    @Test("more changes than fit one reading are all heard of")
    func pages() throws {
        let house = try House()
        let (one, other) = (try house.addTenant("one").id, try house.addTenant("other").id)
        try house.directory.load(.tenant(one))
        try house.directory.load(.tenant(other))
        let start = try tail(house).start()
        var tenant = try #require(try house.storage.tenant(one)).tenant
        for number in 0..<1_100 {
            tenant.name = "name \(number)"
            try house.storage.update(tenant)
        }
        _ = try house.tenants.suspend(other)
        let end = try tail(house).advance(from: start)
        #expect(try tail(house).start() == end)
        guard case .unknown = house.directory.tenant(other) else { Issue.record("the last change was lost"); return }
    }

    @Test("memory is fresh as of the moment when the reading began, not when it ended")
    func freshness() throws {
        let house = try House(patienceSeconds: 30)
        let storage = HookedStorage(house.storage)
        house.clock.advance(milliseconds: 60_000)
        #expect(!house.directory.isFresh(now: house.clock.monotonic))
        storage.afterNextRead { house.clock.advance(milliseconds: 10_000) }
        _ = try tail(house, storage).advance(from: 0)
        #expect(house.directory.staleness(now: house.clock.monotonic) == 10_000_000_000)
        #expect(house.directory.isFresh(now: house.clock.monotonic))
    }

    @Test("a reading that failed confirms nothing")
    func failure() throws {
        let house = try House(patienceSeconds: 30)
        let storage = HookedStorage(house.storage)
        house.clock.advance(milliseconds: 40_000)
        storage.afterNextRead { () throws(StoreFailure) in throw .unavailable(cause: "test") }
        #expect(throws: StoreFailure.self) { try tail(house, storage).advance(from: 0) }
        #expect(!house.directory.isFresh(now: house.clock.monotonic))
    }
}
