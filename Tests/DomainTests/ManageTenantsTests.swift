import Domain
import SQLiteStorage
import Testing
import Tokens

@Suite("Two who manage one tenant at once")
struct ManageTenantsTests {
    @Test("A suspension that comes while settings are changed stays, and the settings do")
    func suspensionBeside() throws {
        let house = try House()
        let tenant = try house.addTenant().id
        let storage = HookedStorage(house.storage)
        let tenants = ManageTenants(storage: storage, vault: house.vault, world: house.world)
        storage.afterNextRead { () throws(StoreFailure) in try house.storage.setStatus(.suspended, of: tenant) }
        var change = TenantChange()
        change.name = "Renamed"
        let changed = try tenants.update(tenant, with: change)
        #expect(changed.status == .suspended)
        let stored = try house.tenants.show(tenant).tenant
        #expect(stored.status == .suspended)
        #expect(stored.name == "Renamed")
    }

    @Test("A plan that is changed while the tenant changes its name stays as it was changed")
    func settingsBesideSettings() throws {
        let house = try House()
        let tenant = try house.addTenant().id
        let storage = HookedStorage(house.storage)
        let tenants = ManageTenants(storage: storage, vault: house.vault, world: house.world)
        storage.afterNextRead { () throws(StoreFailure) in try house.givePlan(to: tenant) }
        var change = TenantChange()
        change.name = "Renamed"
        _ = try tenants.update(tenant, with: change)
        let stored = try house.tenants.show(tenant).tenant
        #expect(stored.plan.id == .enterprise && stored.overrides.quota == 7 && stored.name == "Renamed")
    }

    @Test("Settings that come while a tenant is suspended or resumed stay")
    func settingsBeside() throws {
        let house = try House()
        let tenant = try house.addTenant().id
        let storage = HookedStorage(house.storage)
        let tenants = ManageTenants(storage: storage, vault: house.vault, world: house.world)
        storage.afterNextRead { () throws(StoreFailure) in try house.givePlan(to: tenant) }
        _ = try tenants.suspend(tenant)
        let stored = try house.tenants.show(tenant).tenant
        #expect(stored.status == .suspended)
        #expect(stored.plan.id == .enterprise && stored.overrides.quota == 7)
    }
}

extension House {
    /// What another node does meanwhile.
    fileprivate func givePlan(to tenant: Tenant.ID) throws(StoreFailure) {
        guard var other = try storage.tenant(tenant)?.tenant else { throw .missing }
        other.plan = .enterprise
        other.overrides.quota = 7
        try storage.update(other)
    }
}
