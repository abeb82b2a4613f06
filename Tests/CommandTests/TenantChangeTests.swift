import Domain
import Testing

@Suite("Changing tenants")
struct TenantChangeTests {
    private let bench: Bench

    init() throws {
        bench = try Bench()
    }

    @Test("What is not mentioned stays, and a cleared limit is the plan's again")
    func update() throws {
        var change = TenantChange()
        change.rate = .set(7)
        change.tokenClaims = ["role"]
        _ = try bench.tenants.update(bench.tenant, with: change)
        var second = TenantChange()
        second.plan = .enterprise
        second.burst = .set(9)
        _ = try bench.tenants.update(bench.tenant, with: second)
        let changed = try bench.tenants.show(bench.tenant).tenant
        #expect(changed.rateLimit == RateLimit(rate: 7, burst: 9))
        #expect(changed.tokenClaims == ["role"])
        var third = TenantChange()
        third.rate = .clear
        #expect(try bench.tenants.update(bench.tenant, with: third).rateLimit.rate == Plan.enterprise.rate)
    }

    @Test("Every field that breaks its rule is named, and nothing changes")
    func complaints() throws {
        var change = TenantChange()
        change.name = ""
        change.rate = .set(0)
        change.burst = .set(TenantChange.largestRate + 1)
        change.quota = .set(-1)
        change.tokenLife = 59
        change.tokenClaims = ["a", "a"]
        change.xmppHost = .set("-bad-.example")
        let failure = #expect(throws: ManagementFailure.self) { try bench.tenants.update(bench.tenant, with: change) }
        guard case .invalid(let fields) = failure else { return #expect(Bool(false), "wrong failure") }
        let names = ["name", "rate", "burst", "quota", "tokenLife", "tokenClaims", "xmppHost"]
        #expect(fields.map(\.field) == names)
        #expect(try bench.tenants.show(bench.tenant).tenant.name == "acme")
    }

    @Test("A tenant is created once")
    func twice() throws {
        #expect(throws: ManagementFailure.conflict("There already is a tenant acme.")) {
            try bench.tenants.create(bench.tenant)
        }
    }

    @Test("A suspended tenant's keys are refused until it is resumed")
    func suspension() throws {
        let issued = try bench.keys.create(for: .tenant(bench.tenant), name: "Backend")
        _ = try bench.tenants.suspend(bench.tenant)
        #expect(try bench.authenticate(issued.text, needs: .issue).failure == .tenantSuspended)
        _ = try bench.tenants.resume(bench.tenant)
        #expect(try bench.authenticate(issued.text, needs: .issue).failure == nil)
    }
}
