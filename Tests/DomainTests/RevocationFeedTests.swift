import Domain
import Testing

/// A node on the house's database.
private struct Node {
    let directory: Directory
    let revocations: Revocations

    init(_ house: House) throws {
        directory = Directory(
            storage: house.storage, vault: house.vault, world: house.world, deployment: house.deployment)
        revocations = Revocations(directory: directory, storage: house.storage, world: World.system)
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

    @Test("a waiter is woken by news of its tenant, not by another's, and by the end")
    func waiting() async throws {
        let house = try House()
        let acme = try house.addTenant().id
        try house.addTenant("umbrella")
        let node = try Node(house)
        let feed = node.revocations.feed
        let clock = ContinuousClock()
        let start = clock.now
        async let waited: Void = feed.wait(after: node.revocations.tail.reached, for: acme, seconds: 1_000)
        try await Task.sleep(for: .milliseconds(100))
        _ = try revoke(house, "umbrella")
        try node.revocations.catchUp()
        try await Task.sleep(for: .milliseconds(100))
        _ = try revoke(house)
        try node.revocations.catchUp()
        await waited
        #expect(clock.now - start < .seconds(900) && clock.now - start > .milliseconds(190))
        async let last: Void = feed.wait(after: node.revocations.tail.reached, for: acme, seconds: 1_000)
        try await Task.sleep(for: .milliseconds(100))
        feed.finish()
        await last
        guard case .finished = feed.read(after: 0, for: nil) else { Issue.record("goes on"); return }
        #expect(!feed.enter(nil), "nobody new")
    }

    @Test("a waiter whose task ends is let go, and time ends a wait")
    func ending() async throws {
        let house = try House()
        try house.addTenant()
        let node = try Node(house)
        let task = Task { await node.revocations.feed.wait(after: 0, for: nil, seconds: 60) }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        await task.value
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
