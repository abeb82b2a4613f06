import Domain
import Testing
import Tokens

@Suite("Plans of every store")
struct PlanConformance {
    private static let draft = AuditDraft(.planChanged, for: nil, by: .commandLine, at: .start)

    private static func plan(_ id: String, createdAt: Timestamp? = .start) throws -> Plan {
        Plan(
            id: try #require(Plan.ID(id)), name: "Plän \(id)", rate: 7, burst: 9, quota: 0,
            keyRate: RateLimit(rate: 2, burst: 3), userRate: UserRate(pairs: 10, window: 900), createdAt: createdAt)
    }

    @Test("Every database begins with the plans of the price list", arguments: Backend.all)
    func seeds(backend: Backend) throws {
        let store = try backend.makeEmpty()
        #expect(try store.storage.plans() == [.enterprise, .free, .pro])
        #expect(try store.storage.isEmpty(), "plans alone are no tenants")
    }

    @Test("A plan is read back with all its limits, changed and removed", arguments: Backend.all)
    func roundTrip(backend: Backend) throws {
        let store = try backend.makeEmpty()
        var plan = try Self.plan("team")
        try store.storage.create(plan, recording: Self.draft)
        #expect(try store.storage.plan(plan.id) == plan)
        let taken = failure { () throws(StoreFailure) in try store.storage.create(plan, recording: Self.draft) }
        #expect(taken?.isConflict == true)
        (plan.name, plan.rate, plan.burst, plan.quota) = ("Other", 1, 2, 3)
        (plan.keyRate, plan.userRate) = (nil, nil)
        try store.storage.update(plan, recording: Self.draft)
        #expect(try store.storage.plan(plan.id) == plan)
        #expect(try store.storage.plans().map(\.id.text) == ["enterprise", "free", "pro", "team"])
        try store.storage.deletePlan(plan.id, recording: Self.draft)
        #expect(try store.storage.plan(plan.id) == nil)
    }

    @Test("What is not there is missing", arguments: Backend.all)
    func missing(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let ghost = try Self.plan("ghost")
        #expect(try store.storage.plan(ghost.id) == nil)
        let changed = failure { () throws(StoreFailure) in try store.storage.update(ghost, recording: Self.draft) }
        #expect(changed?.isMissing == true)
        let gone = failure { () throws(StoreFailure) in
            try store.storage.deletePlan(ghost.id, recording: Self.draft)
        }
        #expect(gone?.isMissing == true)
        var tenant = try Application("acme").tenant
        tenant.plan = ghost
        let refused = failure { () throws(StoreFailure) in
            try store.storage.create(tenant, signingKey: .sample("k", state: .active))
        }
        #expect(refused?.isMissing == true)
        #expect(try store.storage.isEmpty())
    }

    @Test("A plan that a tenant has, be it deleted, stays", arguments: Backend.all)
    func used(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let plan = try Self.plan("team")
        try store.storage.create(plan, recording: Self.draft)
        var tenant = try Application.stored("acme", in: store).tenant
        tenant.plan = plan
        try store.storage.update(tenant)
        func remove() -> StoreFailure? {
            failure { () throws(StoreFailure) in try store.storage.deletePlan(plan.id, recording: Self.draft) }
        }
        #expect(remove()?.isConflict == true)
        try store.storage.setStatus(.deleted, of: tenant.id)
        #expect(remove()?.isConflict == true)
        tenant.plan = .free
        try store.storage.update(tenant)
        #expect(remove() == nil)
    }

    @Test("Tenants are read with their plan as it is now, and a change of it is in the log", arguments: Backend.all)
    func inForce(backend: Backend) throws {
        let store = try backend.makeEmpty()
        var plan = try Self.plan("team")
        try store.storage.create(plan, recording: Self.draft)
        var tenant = try Application.stored("acme", in: store).tenant
        tenant.plan = plan
        tenant.userRate = UserRate(pairs: 1, window: 2)
        tenant.shadow = [.quota, .user]
        try store.storage.update(tenant)
        #expect(try store.storage.tenant(tenant.id)?.tenant == tenant)
        let before = try store.storage.newestChange()
        plan.rate = 1_234
        try store.storage.update(plan, recording: Self.draft)
        #expect(try store.storage.changes(after: before, limit: 9).map(\.subject) == [.plan(plan.id)])
        #expect(try store.storage.tenant(tenant.id)?.tenant.plan == plan)
        #expect(try store.storage.tenants().map(\.plan) == [plan])
    }
}
