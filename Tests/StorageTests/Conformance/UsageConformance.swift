import Domain
import Testing

@Suite("Usage by day of every store")
struct UsageConformance {
    private static let today = Day(of: .start)

    private func usage(
        _ store: Store, _ application: Application, by grouping: UsageGrouping = [.day, .key], days: Int = 3
    ) throws -> [UsageCount] {
        try store.storage.usage(
            of: application.id, from: Self.today.adding(days: -days), through: Self.today.adding(days: days),
            by: grouping)
    }

    private func pairs(_ count: Int64, _ key: String?, _ day: Day? = today) -> UsageCount {
        UsageCount(day: day, key: key.flatMap(APIKey.ID.init), kind: .pair, code: "", count: count)
    }

    @Test("Pairs are counted with their issue, by day and key, and refused ones are not", arguments: Backend.all)
    func pairs(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store, quota: 7)
        let other = try Application.stored("other", in: store)
        let tomorrow = Timestamp.start.adding(seconds: 86_400)
        let outcomes = try store.storage.issue([
            acme.command("a"), acme.command("b", key: "bbbbbbbbbbbb"), acme.command("a"), other.command("a"),
            acme.command("c", at: tomorrow), acme.command("big", channels: 9_999),
        ])
        #expect(outcomes.map(\.isIssued) == [true, true, true, true, true, false])
        #expect(
            try store.storage.issue([acme.command("a"), acme.command("d"), acme.command("e")]).allSatisfy(\.isIssued))
        #expect(try store.storage.issue([acme.command("a")]) == [.quotaExceeded])
        #expect(
            try usage(store, acme) == [
                pairs(5, "abcdefghijkl"), pairs(1, "bbbbbbbbbbbb"), pairs(1, "abcdefghijkl", Day(of: tomorrow)),
            ])
        #expect(try usage(store, acme, by: .day) == [pairs(6, nil), pairs(1, nil, Day(of: tomorrow))])
        #expect(
            try usage(store, acme, by: .key) == [pairs(6, "abcdefghijkl", nil), pairs(1, "bbbbbbbbbbbb", nil)])
        #expect(try usage(store, acme, by: [], days: 0) == [pairs(6, nil, nil)])
        #expect(try usage(store, other) == [pairs(1, "abcdefghijkl")])
        #expect(try store.storage.issuedPairs(acme.id, in: Month(of: .start)) == 7)
    }

    @Test("Events add up, by day and key, and those of unknown tenants are left out", arguments: Backend.all)
    func events(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let ghost = try Application("ghost")
        let key = try #require(APIKey.ID("kkkkkkkkkkkk"))
        func count(_ application: Application, _ key: APIKey.ID?, _ event: UsageEvent, _ count: Int64) -> EventCount {
            EventCount(tenant: application.id, key: key, event: event, count: count)
        }
        let before = try store.storage.newestChange()
        try store.storage.add([], on: Self.today)
        try store.storage.add(
            [
                count(acme, key, .verification(nil), 5), count(acme, nil, .verification(nil), 2),
                count(acme, key, .verification(.expired), 1), count(ghost, nil, .verification(nil), 9),
                count(acme, key, .refusal(.rateLimited), 3), count(acme, key, .verification(nil), 10),
            ], on: Self.today)
        try store.storage.add(
            [count(acme, key, .verification(nil), 100), count(acme, key, .shadow(.user), 4)], on: Self.today)
        try store.storage.add([count(acme, key, .refusal(.apiKeyRevoked), 1)], on: Self.today.adding(days: -1))
        func row(_ key: APIKey.ID?, _ event: UsageEvent, _ count: Int64, _ days: Int = 0) -> UsageCount {
            UsageCount(
                day: Self.today.adding(days: days), key: key, kind: event.kind, code: event.code, count: count)
        }
        #expect(
            try usage(store, acme) == [
                row(key, .refusal(.apiKeyRevoked), 1, -1), row(nil, .verification(nil), 2),
                row(key, .refusal(.rateLimited), 3), row(key, .shadow(.user), 4),
                row(key, .verification(.expired), 1), row(key, .verification(nil), 115),
            ])
        #expect(try store.storage.newestChange() == before)
    }

    @Test("What is beyond a quota that only reports is issued and counted to the pair", arguments: Backend.all)
    func shadow(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store, quota: 5)
        func issue(_ users: ClosedRange<Int>) throws -> Int {
            try store.storage.issue(users.map { try acme.command("u\($0)", isQuotaShadowed: true) }).count(
                where: \.isIssued)
        }
        func beyond() throws -> [Int64] { try usage(store, acme).filter { $0.kind == .shadow }.map(\.count) }
        #expect(try issue(1...4) == 4)
        #expect(try beyond() == [])
        #expect(try issue(5...7) == 3)
        #expect(try beyond() == [2])
        #expect(try issue(8...10) == 3)
        #expect(try beyond() == [5])
        #expect(try store.storage.issue([acme.command("u")]) == [.quotaExceeded], "no longer only reported")
        #expect(try beyond() == [5])
        #expect(try store.storage.issuedPairs(acme.id, in: Month(of: .start)) == 10)
    }

    @Test("Old days are pruned, of pairs and events, and months stay", arguments: Backend.all)
    func prune(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        _ = try store.storage.issue([
            acme.command("a"), acme.command("b", at: Timestamp.start.adding(seconds: -86_400)),
        ])
        let event = EventCount(tenant: acme.id, key: nil, event: .verification(nil), count: 1)
        for days in [-1, 0] { try store.storage.add([event], on: Self.today.adding(days: days)) }
        #expect(try store.storage.pruneUsage(before: Self.today, dryRun: true) == 2)
        #expect(try usage(store, acme).count == 4)
        #expect(try store.storage.pruneUsage(before: Self.today, dryRun: false) == 2)
        #expect(try usage(store, acme).map(\.day) == [Self.today, Self.today])
        #expect(try store.storage.pruneUsage(before: Self.today, dryRun: false) == 0)
        #expect(try store.storage.issuedPairs(acme.id, in: Month(of: .start)) == 2)
    }
}
