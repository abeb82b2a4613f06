import Domain
import Foundation
import PostgresStorage
import SQLiteStorage
import Testing

/// A way to make an empty database; the conformance suites run on each.
struct Backend: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let makeEmpty: @Sendable () throws -> Store

    static let all = [sqlite] + (Server.isThere ? [postgres] : []) + (Server.pooled == nil ? [] : [pooledPostgres])

    static let sqlite = Backend(testDescription: "SQLite") {
        let folder = try Folder()
        let storage = try SQLiteStorage.open(path: folder.database, mode: .serve, world: .standing)
        return Store(storage) {
            try? storage.close()
            folder.remove()
        }
    }

    static let postgres = Backend(testDescription: "PostgreSQL") { try store { $0.url } }

    static let pooledPostgres = Backend(testDescription: "PostgreSQL behind PgBouncer") { try store { $0.pooledURL } }

    private static func store(_ url: (Database) -> String?) throws -> Store {
        let database = try Database()
        let storage = try PostgresStorage.open(try #require(url(database)), mode: .serve, world: .standing)
        return Store(storage) {
            storage.close()
            // Only now may the database go.
            withExtendedLifetime(database) {}
        }
    }
}

/// An empty database, gone with the last reference to it.
final class Store: Sendable {
    let storage: any Storage
    private let dispose: @Sendable () -> Void

    init(_ storage: any Storage, dispose: @escaping @Sendable () -> Void) {
        self.storage = storage
        self.dispose = dispose
    }

    deinit { dispose() }
}

/// A temporary directory of a test's own.
struct Folder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "storage-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    var database: String { path + "/chat-tokens.db" }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}

extension World {
    /// A world whose wall clock stands still.
    static let standing = World(
        now: { .start }, monotonicNanoseconds: World.system.monotonicNanoseconds,
        randomBytes: World.system.randomBytes)
}

extension Timestamp {
    /// When the tests take place: 2026-11-20T12:00:00.123Z.
    static let start = Timestamp(milliseconds: 1_795_176_000_123)
}
