import Domain
import SQLiteStorage
import Testing

@Suite("Refusals are told in the audit log with a count, never one by one")
struct SecurityEventsTests {
    private let events = SecurityEvents()
    private let house: House

    init() throws {
        house = try House()
    }

    private func event(_ key: Int = 0, _ reason: SecurityEvent.Reason = .revoked) throws -> SecurityEvent {
        let text = "key\(key)".padding(toLength: 12)
        return SecurityEvent(.credentialsRefused, reason, try #require(APIKey.ID(text)), of: .operator)
    }

    private func flush(isLast: Bool = false) throws {
        try events.flush(into: house.storage, now: house.clock.monotonic, isLast: isLast)
    }

    private var counts: [Int64] {
        get throws {
            try house.storage.auditEntries(of: nil, AuditQuery(limit: 1_000, isNewestFirst: false)).map(\.count)
        }
    }

    @Test("the first is told at once, those after it together after ten minutes")
    func sampling() throws {
        for _ in 0..<5 { events.note(try event(), at: house.world.now(), address: IPAddress("192.0.2.1")) }
        try flush()
        #expect(try counts == [5])
        for _ in 0..<1_000 { events.note(try event(), at: house.world.now()) }
        house.clock.advance(milliseconds: 599_000)
        try flush()
        #expect(try counts == [5])
        house.clock.advance(milliseconds: 1_000)
        try flush()
        #expect(try counts == [5, 1_000])
        house.clock.advance(milliseconds: 600_000)
        try flush()
        #expect(try counts == [5, 1_000], "nothing more happened")
    }

    @Test("an entry tells who, from where, why and to what")
    func contents() throws {
        house.clock.set(Timestamp(milliseconds: 1_000_000))
        let moment = house.world.now()
        events.note(try event(), at: moment, address: IPAddress("192.0.2.1"), target: "tenant acme")
        events.note(try event(), at: moment.adding(seconds: 1), address: IPAddress("192.0.2.2"))
        try flush()
        let entry = try #require(try house.storage.auditEntries(of: nil, AuditQuery(limit: 1)).first)
        #expect(entry.origin == AuditOrigin(actor: "key key000000000", address: "192.0.2.1"))
        #expect(entry.target == "tenant acme" && entry.at == moment && entry.count == 2)
        #expect(entry.after == Array(#"{"reason":"revoked"}"#.utf8) && entry.action == "access.credentials_refused")
    }

    @Test("a flood of kinds fills neither memory nor the table, and none of it is lost from the count")
    func bounded() throws {
        for round in 0..<2 {
            for key in 0..<5_000 { events.note(try event(key), at: house.world.now()) }
            try flush()
            #expect(try counts.count == SecurityEvents.capacity + 1 + round)
        }
        try flush(isLast: true)
        #expect(try counts.reduce(0, +) == 10_000)
        #expect(try counts.count == 2 * SecurityEvents.capacity + 2)
    }

    @Test("what cannot be stored is kept")
    func retried() throws {
        let other = try House()
        for _ in 0..<3 { events.note(try event(), at: house.world.now()) }
        try other.storage.close()
        #expect(throws: StoreFailure.self) { try events.flush(into: other.storage, now: house.clock.monotonic) }
        events.note(try event(), at: house.world.now())
        try flush()
        #expect(try counts == [4])
    }

    @Test("a revoked key and a wrong secret are told in the log of their tenant, an unknown key nowhere")
    func keys() throws {
        let tenant = try house.addTenant().id
        let authenticate = Authenticate(directory: house.directory, world: house.world)
        func use(_ text: String, times: Int) throws {
            for _ in 0..<times {
                while case .load(let want) = authenticate(text, needs: .issue) { try house.directory.load(want) }
            }
        }
        let revoked = try house.keys.create(for: .tenant(tenant), name: "r")
        _ = try house.keys.revoke(revoked.key.id)
        let stale = try house.keys.create(for: .tenant(tenant), name: "s")
        _ = try house.keys.rotate(stale.key.id, graceSeconds: 0)
        let other = try House()
        let unknown = try other.keys.create(for: .node, name: "u")
        try use(revoked.text, times: 4)
        try use(stale.text, times: 3)
        try use(unknown.text, times: 9)
        try house.directory.events.flush(into: house.storage, now: house.clock.monotonic)
        var query = AuditQuery(limit: 10)
        query.action = AuditAction.credentialsRefused.rawValue
        let told = try house.storage.auditEntries(of: tenant, query)
        #expect(
            Set(told.map { "\($0.origin.actor) \($0.count)" }) == ["key \(revoked.key.id) 4", "key \(stale.key.id) 3"])
        #expect(try house.storage.auditEntries(of: nil, query).isEmpty)
    }
}

extension String {
    fileprivate func padding(toLength length: Int) -> String { self + String(repeating: "0", count: length - count) }
}
