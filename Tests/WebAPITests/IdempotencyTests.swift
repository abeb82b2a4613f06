import Domain
import SQLiteStorage
import Testing
import Tokens
import WebAPI

@Suite("POST /tokens with an Idempotency-Key")
struct IdempotencyTests {
    private static let alice = #"{"userId":"alice","name":"Alice","refresh":true}"#

    private static func ask(_ key: String, _ name: String, _ body: String = alice) -> Ask {
        .post("/tokens", key: key, body, [("Idempotency-Key", name)])
    }

    private func pairs(_ server: TestServer, _ tenant: Tenant.ID) throws -> Int64 {
        try server.parts.storage.issuedPairs(tenant, in: Month(of: server.clock.world.now()))
    }

    @Test("200: the same request gets the same answer to the byte, whatever the algorithm, and counts once")
    func repeats() async throws {
        try await withServer { server in
            for (number, algorithm) in [SignatureAlgorithm.hs256, .es256, .edDSA].enumerated() {
                let tenant = try server.addTenant("tenant-\(number)", algorithm)
                let key = try server.key(tenant)
                let first = try await server.answer(Self.ask(key, "\"8e03978e-40d5\""))
                #expect(first.status == 200 && first["idempotent-replayed"] == nil && first["ratelimit"] != nil)
                server.clock.advance(milliseconds: 599_000)
                try server.follow()
                let again = try await server.answer(Self.ask(key, "\"8e03978e-40d5\""))
                #expect(again.status == 200 && again.body == first.body && again["idempotent-replayed"] == "true")
                #expect(again["cache-control"] == "no-store" && again["ratelimit"] != nil)
                #expect(try pairs(server, tenant) == 1)
                let other = try await server.answer(Self.ask(key, "8e03978e-40d5"))
                #expect(try other.json["grantId"]?.string != first.json["grantId"]?.string)
            }
        }
    }

    @Test("200: the answer is that of then, though the user has changed; ten minutes later the key is free")
    func ends() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let key = try server.key(tenant)
            let first = try await server.answer(Self.ask(key, "k", #"{"userId":"alice","name":"A"}"#))
            _ = try await server.answer(.post("/tokens", key: key, #"{"userId":"alice","name":"B"}"#))
            let again = try await server.answer(Self.ask(key, "k", #"{"userId":"alice","name":"A"}"#))
            #expect(again.body == first.body)
            let stored = try server.parts.storage.user(tenant, try #require(User.ID("alice")))
            #expect(stored?.name == "B", "a repetition changes nothing")
            server.clock.advance(milliseconds: 600_000)
            try server.follow()
            let later = try await server.answer(Self.ask(key, "k", #"{"userId":"bob"}"#))
            #expect(try later.status == 200 && later.json["user"]?["id"]?.string == "bob")
        }
    }

    @Test("422: the same key with another body; another API key may use it")
    func others() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let (key, second) = (try server.key(tenant), try server.key(tenant))
            #expect(try await server.answer(Self.ask(key, "k")).status == 200)
            for body in [#"{"userId":"alice","name":"Alice","refresh":true }"#, #"{"userId":"bob"}"#] {
                let answer = try await server.answer(Self.ask(key, "k", body))
                #expect(answer.status == 422 && answer.code == "idempotency_key_reused")
                #expect(answer["ratelimit"] != nil)
            }
            #expect(try await server.answer(Self.ask(second, "k", #"{"userId":"bob"}"#)).status == 200)
            #expect(try pairs(server, tenant) == 2)
        }
    }

    @Test("400: a key that is none; an invalid body is told as such and uses no key up")
    func invalid() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            for name in ["", String(repeating: "k", count: 256), "caf\u{E9}", "a\tb"] {
                let answer = try await server.answer(Self.ask(key, name))
                #expect(answer.status == 400 && answer.complaints == ["Idempotency-Key"], "\(name)")
            }
            #expect(try await server.answer(Self.ask(key, "k", "{}")).complaints == ["userId"])
            let longest = String(repeating: "~", count: 255)
            for name in ["k", longest, "a b \" \\"] {
                #expect(try await server.answer(Self.ask(key, name)).status == 200)
            }
        }
    }

    @Test("429, 403: a refusal is not kept; what was answered before is answered beyond the quota too")
    func refused() async throws {
        try await withServer { server in
            let tenant = try server.addTenant { $0.quota = .set(1) }
            let key = try server.key(tenant)
            let first = try await server.answer(Self.ask(key, "first"))
            #expect(try await server.answer(Self.ask(key, "second")).code == "quota_exceeded")
            #expect(try await server.answer(Self.ask(key, "first")).body == first.body)
            var change = TenantChange()
            change.quota = .set(2)
            _ = try server.tenants.update(tenant, with: change)
            try server.follow()
            #expect(try await server.answer(Self.ask(key, "second")).status == 200)
        }
    }

    @Test("twenty at once are carried out once and get one answer")
    func herd() async throws {
        try await withServer { server in
            let tenant = try server.addTenant()
            let key = try server.key(tenant)
            let bodies = try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for _ in 0..<20 { group.addTask { try await server.answer(Self.ask(key, "k")).body } }
                return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
            }
            #expect(bodies.count == 1)
            #expect(try pairs(server, tenant) == 1)
        }
    }

    @Test("what is kept holds no token that could be read in the database")
    func sealed() async throws {
        try await withServer { server in
            let key = try server.key(try server.addTenant())
            let answer = try await server.answer(Self.ask(key, "my-own-key"))
            let token = try #require(try answer.json["token"]?.string)
            let table = try #require(CopyTable.all.first { $0.name == "issue_answer" })
            let rows = try server.parts.database.rows(of: table, after: nil, through: nil, limit: nil)
            let kept = rows.flatMap(\.values).map { String(decoding: $0.bytes ?? [], as: UTF8.self) }.joined()
            #expect(rows.count == 1 && !kept.contains(token.prefix(20)) && !kept.contains("my-own-key"))
        }
    }
}
