import Domain
import SQLiteStorage
import Synchronization
import Testing
import TestSupport

/// A node on the house's database.
private struct Node {
    let directory: Directory
    let revocations: Revocations

    init(_ house: House, world: World = .system) throws {
        directory = Directory(
            storage: house.storage, vault: house.vault, world: house.world, deployment: house.deployment)
        revocations = Revocations(directory: directory, storage: house.storage, world: world)
        try revocations.catchUp()
    }

    func places(after sequence: Int64, _ tenant: Tenant.ID? = nil) -> [Int64]? {
        guard case .news(let deltas, _) = revocations.feed.read(after: sequence, for: tenant) else { return nil }
        return deltas.flatMap { $0.entries.values.flatMap { $0 }.map(\.sequence) }.sorted()
    }
}

@Suite("The feed of a node")
struct RevocationFeedMemoryTests {
    private func revoke(_ house: House, _ tenant: String = "acme", _ user: String = "u") throws -> Revocation {
        try ManageRevocations(storage: house.storage, world: World.system).revoke(
            .user(try #require(User.ID(user))), of: try #require(Tenant.ID(tenant)), by: .commandLine)
    }

    @Test("what was there before the start is in the database only, what comes later is told in order")
    func news() async throws {
        let house = try House()
        try house.addTenant()
        try house.addTenant("umbrella")
        let old = try revoke(house)
        let node = try Node(house)
        #expect(node.places(after: 0) == nil, "behind")
        #expect(node.places(after: old.sequence) == [])
        let new = try [revoke(house, "acme", "a"), revoke(house, "umbrella", "b")]
        try node.revocations.catchUp()
        #expect(node.places(after: old.sequence) == new.map(\.sequence))
        #expect(node.places(after: old.sequence, Tenant.ID("umbrella")).map { $0.contains(new[1].sequence) } == true)
        #expect(node.places(after: new[1].sequence) == [])
        #expect(node.directory.revocations.count == 3)
    }

    @Test("what voids no token any more, or names a user who is known by a hash now, is held no longer")
    func forgotten() throws {
        let house = try House()
        let tenant = try house.addTenant().id, user = try #require(User.ID("a"))
        _ = try house.storage.upsert([UserChange(id: user, name: .set("Ann"))], of: tenant, at: house.clock.now)
        let node = try Node(house, world: house.world)
        let old = try ManageRevocations(storage: house.storage, world: house.world)
            .revoke(.user(user), of: tenant, by: .commandLine).sequence
        try node.revocations.catchUp()
        #expect(node.places(after: old - 1) == [old])
        house.clock.advance(milliseconds: 100)
        let audit = AuditDraft(.userPurged, for: tenant, by: .commandLine, at: house.clock.now)
        _ = try house.storage.purge(user, of: tenant, at: house.clock.now, recording: audit)
        try node.revocations.catchUp()
        #expect(node.places(after: old - 1) == nil, "the database has the name no longer either")
        #expect(node.places(after: old)?.count == 1)
        house.clock.advance(milliseconds: 24 * 3_600_000)
        node.revocations.sweep()
        #expect(node.places(after: old)?.count == 1)
        house.clock.advance(milliseconds: 3_600_000)
        node.revocations.sweep()
        #expect(node.places(after: old) == nil)
    }

    @Test("a place that the log has not reached is not confirmed, not even at the end")
    func inventedPlace() throws {
        let house = try House()
        try house.addTenant()
        let node = try Node(house)
        let place = try revoke(house).sequence
        try node.revocations.catchUp()
        guard case .news(let none, let through) = node.revocations.feed.read(after: .max, for: nil) else {
            Issue.record("behind"); return
        }
        #expect(none.isEmpty && through == place)
        node.revocations.feed.finish()
        guard case .finished(let last) = node.revocations.feed.read(after: .max, for: nil) else {
            Issue.record("goes on"); return
        }
        #expect(last == place)
    }

    @Test("however much comes at once, it is told in pieces of at most 10,000, each with its own place")
    func pieces() async throws {
        let house = try House()
        let tenant = try house.addTenant().id
        let storage: any Storage = house.storage
        let clock = TestClock()
        let node = try Node(house, world: clock.world)
        _ = try revoke(house)
        try node.revocations.catchUp()
        let first = node.revocations.tail.reached
        // As far as the feed can tell it has just told something, so that all of the following is told together.
        clock.advance(milliseconds: -3_000)
        let drafts = try (0..<25_000).map { number in
            RevocationDraft(
                tenant: tenant, subject: .user(try #require(User.ID("u\(number)"))), by: .commandLine, isAudited: false,
                at: World.system.now())
        }
        let last = try #require(try storage.revoke(drafts).last).sequence
        try node.revocations.catchUp()
        try await eventually { node.places(after: first) != [] }
        guard case .news(let deltas, let through) = node.revocations.feed.read(after: first, for: tenant) else {
            Issue.record("behind"); return
        }
        #expect(deltas.map { $0.entries[tenant]?.count } == [10_000, 10_000, 5_000])
        #expect(deltas.allSatisfy { $0.through == $0.entries[tenant]?.last?.sequence } && through == last)
        #expect(node.places(after: deltas[0].through)?.count == 15_000)
    }

    @Test("a waiter is woken by news of its tenant, not by another's, and by the end")
    func waiting() async throws {
        let house = try House()
        let acme = try house.addTenant().id
        try house.addTenant("umbrella")
        let node = try Node(house)
        let feed = node.revocations.feed
        let clock = ContinuousClock()
        let start = clock.now
        let reached = node.revocations.tail.reached
        let isWoken = Mutex(false)
        async let waited: Void = {
            await feed.wait(after: reached, for: acme, seconds: 1_000)
            isWoken.withLock { $0 = true }
        }()
        try await Task.sleep(for: .milliseconds(100))
        _ = try revoke(house, "umbrella")
        try node.revocations.catchUp()
        try await Task.sleep(for: .milliseconds(100))
        #expect(!isWoken.withLock { $0 })
        _ = try revoke(house)
        try node.revocations.catchUp()
        await waited
        async let last: Void = feed.wait(after: node.revocations.tail.reached, for: acme, seconds: 1_000)
        try await Task.sleep(for: .milliseconds(100))
        feed.finish()
        await last
        #expect(clock.now - start < .seconds(900))
        guard case .finished = feed.read(after: 0, for: nil) else { Issue.record("goes on"); return }
        #expect(!feed.enter(nil), "nobody new")
    }

    @Test("a waiter whose task ends is let go, and time ends a wait")
    func ending() async throws {
        let house = try House()
        try house.addTenant()
        let node = try Node(house)
        let clock = ContinuousClock()
        let start = clock.now
        let task = Task { await node.revocations.feed.wait(after: 0, for: nil, seconds: 1_000) }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        await task.value
        #expect(clock.now - start < .seconds(900))
        await node.revocations.feed.wait(after: 0, for: nil, seconds: 0.2)
    }

    @Test("listeners are bounded, by tenant and in all")
    func bounds() throws {
        let house = try House()
        let acme = try house.addTenant().id
        let feed = try Node(house).revocations.feed
        #expect((0..<1_024).allSatisfy { _ in feed.enter(acme) } && !feed.enter(acme))
        #expect((0..<3_072).allSatisfy { _ in feed.enter(nil) } && !feed.enter(nil))
        feed.leave(acme)
        #expect(feed.listenerCount == 4_095 && feed.enter(nil))
    }
}
