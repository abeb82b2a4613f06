import Domain
import Testing
import Tokens

@Suite("The directory holds what the database says, and never what it no longer says")
struct DirectoryTests {
    private func acme() throws -> Tenant.ID { try #require(Tenant.ID("acme")) }

    @Test("a tenant is unknown until it is loaded, then present")
    func tenantLoads() throws {
        let house = try House()
        let tenant = try house.addTenant()
        guard case .unknown = house.directory.tenant(tenant.id) else { Issue.record("known too early"); return }
        try house.directory.load(.tenant(tenant.id))
        guard case .present(let state) = house.directory.tenant(tenant.id) else { Issue.record("absent"); return }
        #expect(state.tenant == tenant)
        #expect(state.issuer == bytes("https://chat.example/t/acme"))
        #expect(state.signer != nil)
    }

    @Test("an API key is unknown until it is loaded, then present")
    func keyLoads() throws {
        let house = try House()
        let key = try house.keys.create(for: .node, name: "gateway").key
        guard case .unknown = house.directory.apiKey(key.id) else { Issue.record("known too early"); return }
        try house.directory.load(.apiKey(key.id))
        guard case .present(let found) = house.directory.apiKey(key.id) else { Issue.record("absent"); return }
        #expect(found.key == key)
    }

    @Test("what does not exist is remembered as absent, and found once it is created")
    func absence() throws {
        let house = try House()
        let id = try acme()
        try house.directory.load(.tenant(id))
        guard case .absent = house.directory.tenant(id) else { Issue.record("not remembered"); return }
        try house.addTenant()
        guard case .absent = house.directory.tenant(id) else { Issue.record("forgotten too early"); return }
        house.directory.apply([Change(sequence: 1, subject: .tenant(id))])
        guard case .unknown = house.directory.tenant(id) else { Issue.record("not forgotten"); return }
        #expect(try house.state().tenant.id == id)
    }

    @Test("a change has exactly what it names forgotten")
    func forgetting() throws {
        let house = try House()
        let (one, other) = (try house.addTenant("one").id, try house.addTenant("other").id)
        let key = try house.keys.create(for: .node, name: "gateway").key.id
        for want in [.tenant(one), .tenant(other), .apiKey(key)] as [Directory.Want] { try house.directory.load(want) }
        house.directory.apply([Change(sequence: 1, subject: .tenant(one))])
        #expect(house.directory.counts.tenants == 1 && house.directory.counts.keys == 1)
        guard case .unknown = house.directory.tenant(one) else { Issue.record("kept"); return }
        house.directory.apply([Change(sequence: 2, subject: .apiKey(key))])
        guard case .unknown = house.directory.apiKey(key) else { Issue.record("kept"); return }
        guard case .present = house.directory.tenant(other) else { Issue.record("forgotten"); return }
    }

    @Test("a tenant read before a change is not kept when the change is heard of meanwhile")
    func staleTenantLoad() throws {
        let house = try House()
        let id = try house.addTenant().id
        let storage = HookedStorage(house.storage)
        let directory = Directory(
            storage: storage, vault: house.vault, world: house.world, deployment: house.deployment)
        storage.afterNextRead { directory.apply([Change(sequence: 9, subject: .tenant(id))]) }
        try directory.load(.tenant(id))
        guard case .unknown = directory.tenant(id) else { Issue.record("a stale tenant was kept"); return }
        try directory.load(.tenant(id))
        guard case .present = directory.tenant(id) else { Issue.record("not loaded"); return }
    }

    @Test("an API key read before its revocation is not kept when the revocation is heard of meanwhile")
    func staleKeyLoad() throws {
        let house = try House()
        let id = try house.keys.create(for: .node, name: "gateway").key.id
        let storage = HookedStorage(house.storage)
        let directory = Directory(
            storage: storage, vault: house.vault, world: house.world, deployment: house.deployment)
        let keys = house.keys
        storage.afterNextRead {
            _ = try? keys.revoke(id)
            directory.apply([Change(sequence: 9, subject: .apiKey(id))])
        }
        try directory.load(.apiKey(id))
        guard case .unknown = directory.apiKey(id) else { Issue.record("a stale key was kept"); return }
        try directory.load(.apiKey(id))
        guard case .present(let found) = directory.apiKey(id) else { Issue.record("not loaded"); return }
        #expect(found.key.revocation != nil)
    }

    @Test("an absence read before the creation is not remembered either")
    func staleAbsence() throws {
        let house = try House()
        let id = try acme()
        let storage = HookedStorage(house.storage)
        let directory = Directory(
            storage: storage, vault: house.vault, world: house.world, deployment: house.deployment)
        storage.afterNextRead { directory.apply([Change(sequence: 9, subject: .tenant(id))]) }
        try directory.load(.tenant(id))
        guard case .unknown = directory.tenant(id) else { Issue.record("a stale absence was kept"); return }
    }

    @Test("what was spent of a rate limit is still spent after the tenant was loaded anew")
    func limiterSurvives() throws {
        let house = try House()
        var settings = TenantChange()
        (settings.rate, settings.burst) = (.set(1), .set(2))
        try house.addTenant(settings: settings)
        let now = house.clock.monotonic
        let before = try house.state()
        #expect(before.limiter.spend(before.limit, now: now).isAllowed)
        #expect(before.limiter.spend(before.limit, now: now).isAllowed)
        try house.forget()
        let after = try house.state()
        #expect(after !== before && after.limiter === before.limiter)
        #expect(!after.limiter.spend(after.limit, now: now).isAllowed)
    }

    @Test("a change of a plan reaches the tenants that have it and no others, and what they spent stays spent")
    func planChanges() throws {
        let house = try House()
        var pro = TenantChange()
        pro.plan = .pro
        try house.addTenant("one", settings: pro)
        try house.addTenant("two")
        let (one, two) = (try house.state("one"), try house.state("two"))
        var change = PlanChange()
        (change.rate, change.quota) = (7, 8)
        _ = try house.plans.update(.pro, with: change, by: .commandLine)
        house.directory.apply([Change(sequence: 1, subject: .plan(.pro))])
        #expect(try house.state("two") === two)
        let changed = try house.state("one")
        #expect(changed !== one && changed.limiter === one.limiter)
        #expect(changed.limit == RateLimit(rate: 7, burst: 500) && changed.tenant.quota == 8)
    }

    @Test("memory is trusted for as long as the patience lasts and not a nanosecond longer")
    func freshness() throws {
        let house = try House(patienceSeconds: 30)
        let start = house.clock.monotonic
        #expect(house.directory.isFresh(now: start))
        #expect(house.directory.isFresh(now: start + 29_999_999_999))
        #expect(!house.directory.isFresh(now: start + 30_000_000_000))
        #expect(house.directory.staleness(now: start + 5) == 5)
        house.directory.confirmFresh(now: start + 10_000_000_000)
        #expect(house.directory.isFresh(now: start + 39_999_999_999))
        #expect(!house.directory.isFresh(now: start + 40_000_000_000))
    }

    @Test("a flood of invented identifiers pushes out no real tenant")
    func flood() throws {
        let house = try House(capacity: 10)
        let id = try house.addTenant().id
        try house.directory.load(.tenant(id))
        for number in 0..<100 { try house.directory.load(.tenant(try #require(Tenant.ID("invented-\(number)")))) }
        guard case .present = house.directory.tenant(id) else { Issue.record("pushed out"); return }
        #expect(house.directory.counts.absent <= 10)
    }

    @Test("signing keys under another master key are an error, not an absence")
    func otherMasterKey() throws {
        let house = try House()
        let id = try house.addTenant().id
        let other = Vault(master: try MasterKey(World.system.randomBytes(32)))
        let directory = Directory(
            storage: house.storage, vault: other, world: house.world, deployment: house.deployment)
        do throws(StoreFailure) {
            try directory.load(.tenant(id))
            Issue.record("opened")
        } catch {
            guard case .corrupt = error else { Issue.record("\(error)"); return }
        }
        guard case .unknown = directory.tenant(id) else { Issue.record("kept"); return }
    }

    @Test("look-ups are counted as hits where memory had an answer, absence included")
    func lookups() throws {
        let house = try House()
        let id = try acme()
        _ = house.directory.tenant(id)
        try house.directory.load(.tenant(id))
        _ = house.directory.tenant(id)
        _ = house.directory.tenant(id)
        #expect(house.directory.lookups == (hits: 2, misses: 1))
    }
}
