import Domain
import Foundation
import GRDB
import SQLiteStorage
import Testing

/// A database file of one test: opened as often as the test likes, looked into behind the storage's back.
struct File: ~Copyable {
    let folder: Folder

    init() throws { folder = try Folder() }

    deinit { folder.remove() }

    var path: String { folder.database }

    func open(_ mode: SQLiteStorage.Mode = .serve, _ tuning: Tuning = Tuning()) throws(StoreFailure) -> SQLiteStorage {
        try SQLiteStorage.open(path: path, mode: mode, world: .standing, tuning: tuning)
    }

    /// An open database with one tenant.
    func scene(_ tuning: Tuning = Tuning()) throws -> (storage: SQLiteStorage, acme: Application) {
        let storage = try open(.serve, tuning)
        let acme = try Application.stored("acme", in: storage)
        return (storage, acme)
    }

    /// Runs SQL on a connection of its own.
    func tamper(_ sql: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
    }

    /// Reads one number on a connection of its own.
    func number(_ sql: String) throws -> Int64? {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        return try queue.read { try Int64.fetchOne($0, sql: sql) }
    }

    /// Overwrites bytes of the closed file.
    func overwrite(at offset: Int, with bytes: [UInt8]) throws {
        let handle = try #require(FileHandle(forUpdatingAtPath: path))
        try handle.seek(toOffset: UInt64(offset))
        try handle.write(contentsOf: Data(bytes))
        try handle.close()
    }

    /// Bytes of the file, or of the one beside it with the suffix; 0 where it is missing.
    func size(_ suffix: String = "") -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path + suffix)
        return attributes?[.size] as? Int ?? 0
    }

    func mode(_ suffix: String = "") -> Int? {
        try? FileManager.default.attributesOfItem(atPath: path + suffix)[.posixPermissions] as? Int
    }
}
