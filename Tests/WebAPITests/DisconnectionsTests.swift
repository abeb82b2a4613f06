import Domain
import Logging
import ServiceLifecycle
import Synchronization
import Testing
import TestSupport
import WebAPI

@Suite("Connections at Centrifugo are ended")
struct DisconnectionsTests {
    private struct Setting: Sendable {
        let standIn: CentrifugoStandIn
        let disconnections: Disconnections
        let outcomes: OutcomeList

        /// Waits until as many calls are settled.
        func settled(_ count: Int) async throws {
            try await eventually { outcomes.all.count >= count }
        }

        func end(_ user: String, of tenant: String = "acme", _ extent: Disconnections.Extent = .user) throws {
            disconnections.end(try #require(User.ID(user)), of: try #require(Tenant.ID(tenant)), extent)
        }
    }

    private final class OutcomeList: Sendable {
        private let list = Mutex<[Disconnections.Outcome]>([])
        var all: [Disconnections.Outcome] { list.withLock { $0 } }
        func append(_ outcome: Disconnections.Outcome) { list.withLock { $0.append(outcome) } }
    }

    private func withDisconnections(
        path: String = "/api", isRunning: Bool = true, patienceMilliseconds: Int64 = 60_000,
        _ test: @escaping @Sendable (Setting) async throws -> Void
    ) async throws {
        let standIn = CentrifugoStandIn()
        try await standIn.serve { url in
            let outcomes = OutcomeList()
            let disconnections = Disconnections(
                address: try #require(CentrifugoAddress(url + path)), key: "secret",
                patienceMilliseconds: patienceMilliseconds, world: TestClock().world,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            ) { outcomes.append($0) }
            let setting = Setting(standIn: standIn, disconnections: disconnections, outcomes: outcomes)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                if isRunning { tasks.addTask { try await disconnections.run() } }
                try await test(setting)
                tasks.cancelAll()
            }
        }
    }

    @Test("with the key, the user, and a code that says whether to come back")
    func told() async throws {
        try await withDisconnections { setting in
            try setting.end("zoë/1")
            try await setting.settled(1)
            try setting.end("zoë/1", .grant)
            try await setting.settled(2)
            let call = { (code: Int64) in
                CentrifugoStandIn.Call(
                    path: "/api/disconnect", key: "secret", user: "zoë/1", code: code, reason: "token_revoked")
            }
            #expect(setting.standIn.taken == [call(4_501), call(4_402)])
            #expect(setting.outcomes.all == [.done, .done] && setting.disconnections.depth == 0)
        }
    }

    @Test("at the Centrifugo of the user's tenant, where the address says so")
    func tenants() async throws {
        try await withDisconnections(path: "/of/{tenant}/") { setting in
            try setting.end("alice", of: "acme")
            try await setting.settled(1)
            try setting.end("alice", of: "globex")
            try await setting.settled(2)
            #expect(setting.standIn.taken.map(\.path) == ["/of/acme/disconnect", "/of/globex/disconnect"])
        }
    }

    @Test(
        "again and again, until Centrifugo has done it", arguments: [CentrifugoStandIn.Behaviour.failing, .rejecting])
    func retried(_ trouble: CentrifugoStandIn.Behaviour) async throws {
        try await withDisconnections { setting in
            setting.standIn.behaviour = trouble
            for user in ["alice", "bob", "alice"] { try setting.end(user) }
            try await eventually { setting.standIn.taken.count >= 6 }
            #expect(setting.outcomes.all.isEmpty && setting.disconnections.depth == 2)
            setting.standIn.behaviour = .well
            try await setting.settled(2)
            #expect(Set(setting.standIn.taken.compactMap(\.user)) == ["alice", "bob"])
            #expect(setting.outcomes.all == [.done, .done] && setting.disconnections.depth == 0)
        }
    }

    @Test("one that does not answer keeps nobody from asking, nor the others from being done")
    func silent() async throws {
        try await withDisconnections(patienceMilliseconds: 3_000) { setting in
            let attempts = { setting.standIn.taken.filter { $0.user == "slow" }.count }
            setting.standIn.behaviour = .silent(about: "slow")
            try setting.end("slow")
            try await eventually { !setting.standIn.taken.isEmpty }
            for number in 0..<200 { try setting.end("user-\(number)") }
            try await setting.settled(200)
            #expect(setting.disconnections.depth == 1)
            let unanswered = attempts()
            setting.standIn.behaviour = .well
            // An attempt without an answer is given up; the next one does it.
            try await setting.settled(201)
            #expect(unanswered >= 1 && attempts() > unanswered)
        }
    }

    @Test("no more than 10,000 wait, each user once")
    func bounded() async throws {
        try await withDisconnections(isRunning: false) { setting in
            for number in 0..<10_000 { try setting.end("user-\(number)") }
            for number in 0..<10 { try setting.end("more-\(number)") }
            #expect(setting.disconnections.depth == 10_000)
            #expect(setting.outcomes.all == Array(repeating: .dropped, count: 10))
        }
    }

    @Test(
        "an address is http or https with a host, and nothing but a path",
        arguments: [
            ("http://127.0.0.1:8000/api", true), ("https://centrifugo.example.com/api/", true),
            ("http://[::1]:8000", true),
            ("http://centrifugo-{tenant}:8000/api", true), ("http://h:0/api", false), ("http://h:65536", false),
            ("ftp://h/api", false), ("h:8000/api", false), ("http://", false), ("http://user@h/api", false),
            ("http://h/api?x", false), ("http://h/a b", false), ("http://::1/api", false), ("", false),
        ])
    func addresses(text: String, isOne: Bool) {
        #expect((CentrifugoAddress(text) != nil) == isOne)
    }
}
