import Domain
import Foundation
import PostgresStorage
import Testing

/// The PostgreSQL server that `Tests/Services/run` started for the tests.
struct Server: Sendable {
    /// Of a database in which a superuser may create others.
    let url: String
    /// Whence it can be stopped; nil where it is not ours to stop.
    let folder: String?

    /// The server; nil where there is none.
    static let shared: Server? = ProcessInfo.processInfo.environment["CHAT_TOKENS_TEST_POSTGRES_URL"].map {
        Server(url: $0, folder: ProcessInfo.processInfo.environment["CHAT_TOKENS_TEST_POSTGRES_DATA"])
    }

    static var isThere: Bool { shared != nil }

    /// The same server through PgBouncer in transaction mode; nil where there is none.
    static let pooled: Server? = ProcessInfo.processInfo.environment["CHAT_TOKENS_TEST_PGBOUNCER_URL"].map {
        Server(url: $0, folder: nil)
    }

    /// The URL of another database of the server.
    func url(of database: String) -> String {
        var parts = url.split(separator: "?", maxSplits: 1).map(String.init)
        let slash = parts[0].lastIndex(of: "/") ?? parts[0].endIndex
        parts[0] = parts[0][..<slash] + "/" + database
        return parts.joined(separator: "?")
    }

    /// A database with the newest schema, of which copies are made.
    private static let template = Result {
        let server = try #require(shared)
        let name = "template_" + Server.name()
        try SQLSession(server.url).run("CREATE DATABASE \(name)")
        _ = try PostgresStorage.migrate(server.url(of: name), world: .standing)
        return name
    }

    static func name() -> String {
        UUID().uuidString.lowercased().replacing("-", with: "")
    }
}

/// A database of a test's own, gone with the last reference to it.
final class Database: Sendable {
    let url: String
    /// The URL through PgBouncer; nil where there is none.
    var pooledURL: String? { Server.pooled?.url(of: name) }
    private let name: String
    private let server: Server

    /// A database with the newest schema, or an empty one.
    init(empty: Bool = false) throws {
        server = try #require(Server.shared)
        name = "test_" + Server.name()
        let template = empty ? "template0" : try Server.templateName()
        try SQLSession(server.url).run("CREATE DATABASE \(name) TEMPLATE \(template) ENCODING 'UTF8'")
        url = server.url(of: name)
    }

    deinit { _ = try? SQLSession(server.url).run("DROP DATABASE \(name) WITH (FORCE)") }

    func open(_ mode: PostgresStorage.Mode = .serve) throws -> PostgresStorage {
        try PostgresStorage.open(url, mode: mode, world: .standing)
    }

    /// An open database with a tenant in it.
    func scene(quota: Int64? = nil) throws -> (storage: PostgresStorage, acme: Application) {
        let storage = try open()
        let acme = try Application.stored("acme", in: storage, quota: quota)
        return (storage, acme)
    }

    func session() throws -> SQLSession { try SQLSession(url) }
}

extension Server {
    fileprivate static func templateName() throws -> String { try template.get() }
}

@Suite("The PostgreSQL server of the tests")
struct ServerTests {
    @Test("With CI=true it is there")
    func isThere() {
        let mustBe = ProcessInfo.processInfo.environment["CI"] == "true"
        #expect(!mustBe || Server.isThere && Server.pooled != nil, "run the tests by Tests/Services/run")
    }
}
