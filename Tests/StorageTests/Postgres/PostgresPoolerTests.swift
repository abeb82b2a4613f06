import Domain
import PostgresStorage
import Testing

@Suite("Behind PgBouncer in transaction mode", .enabled(if: Server.pooled != nil))
struct PostgresPoolerTests {
    @Test("Ten nodes that start at once make one schema")
    func migrations() throws {
        let database = try Database(empty: true)
        let url = try #require(database.pooledURL)
        let results = atOnce(10) { _ in
            Result { () throws(StoreFailure) in try PostgresStorage.migrate(url, world: .standing) }
        }
        let applied = try results.map { try #require($0).get() }.filter { !$0.isEmpty }
        #expect(applied == [PostgresMigrationTests.all])
    }

    @Test("Nodes that share sessions leave nothing in them for one another, nor for strangers")
    func leavesNothing() throws {
        let database = try Database()
        let url = try #require(database.pooledURL)
        let nodes = try (0..<4).map { _ in try PostgresStorage.open(url, mode: .serve, world: .standing) }
        let acme = try Application("acme", quota: 500)
        try nodes[0].create(acme.tenant, signingKey: acme.sealed)
        let outcomes = atOnce(4) { node in
            (0..<50).flatMap { round in
                _ = try? nodes[node].user(acme.id, .of("u\(round)"))
                let commands = (0..<3).compactMap { try? acme.command("u\($0)", name: .set("\(node) \(round)")) }
                return (try? nodes[node].issue(commands)) ?? []
            }
        }.flatMap { $0 ?? [] }
        #expect(outcomes.count == 600)
        #expect(outcomes.count { $0.isIssued } == 500)
        for _ in 0..<6 {
            let stranger = try SQLSession(url)
            for (name, value) in [
                ("statement_timeout", "0"), ("lock_timeout", "0"), ("idle_in_transaction_session_timeout", "0"),
                ("synchronous_commit", "off"), ("jit", "on"), ("enable_seqscan", "on"),
            ] {
                #expect(try stranger.run("SELECT current_setting('\(name)')") == [value], "\(name)")
            }
            #expect(try stranger.number("SELECT count(*) FROM pg_prepared_statements WHERE name <> ''") == 0)
        }
        for node in nodes { node.close() }
    }

    @Test("Waiting for changes is a timer, and the changes are there for who looks")
    func timer() throws {
        let database = try Database()
        let url = try #require(database.pooledURL)
        let storage = try PostgresStorage.open(url, mode: .serve, world: .standing)
        _ = storage.waitForChange(seconds: 0)
        #expect(!storage.hearsChanges, "a pooler says yes to LISTEN and never tells")
        _ = try Application.stored("acme", in: storage)
        let start = World.system.monotonicNanoseconds()
        #expect(!storage.waitForChange(seconds: 0.2))
        #expect(World.system.monotonicNanoseconds() - start >= 190_000_000)
        #expect(try storage.changes(after: 0, limit: 9).count == 1)
        storage.close()
    }
}
