internal import Domain
internal import Foundation
internal import PostgresStorage
internal import SQLiteStorage

extension DatabaseLocation {
    /// What a database is opened for.
    enum Purpose {
        /// To serve: an SQLite file is created where there is none, and every other server is kept out of it.
        case serve
        /// For one command: it has to exist; servers may be running on it.
        case tool
        /// To set up: an SQLite file is created, a PostgreSQL schema brought up to date.
        case setUp
        /// To be copied into: the same, and no server may be running on an SQLite file.
        case receive
        /// For one command that no server may run beside, as far as can be told: on an SQLite file.
        case alone

        /// Whether the database has to be there already.
        var needsExistence: Bool { self == .tool || self == .alone }
    }

    /// Refuses a database that is not there yet; whether a PostgreSQL server has one shows when it is opened.
    func requireExistence() throws(CommandFailure) {
        guard let path, !FileManager.default.fileExists(atPath: path) else { return }
        throw CommandFailure("There is no database \(path). `chat-tokens init` makes one.")
    }

    /// Opens the database.
    func open(for purpose: Purpose, world: World) throws(CommandFailure) -> any CopyEnd {
        if purpose.needsExistence { try requireExistence() }
        switch kind {
        case .sqlite(let path):
            if !purpose.needsExistence { try Folders.make(folder) }
            let mode: SQLiteStorage.Mode = purpose == .tool || purpose == .setUp ? .tool : .serve
            return try telling { () throws(StoreFailure) in
                try SQLiteStorage.open(path: path, mode: mode, world: world)
            }
        case .postgres(let url):
            return try telling { () throws(StoreFailure) in
                if purpose == .setUp || purpose == .receive {
                    _ = try PostgresStorage.migrate(url.text, world: world)
                }
                return try PostgresStorage.open(url.text, mode: purpose == .serve ? .serve : .tool, world: world)
            }
        }
    }

    /// Does something with the database; a failure names it.
    func telling<Value>(_ body: () throws(StoreFailure) -> Value) throws(CommandFailure) -> Value {
        do throws(StoreFailure) {
            return try body()
        } catch {
            throw CommandFailure(error, doing: "Opening the database \(name)")
        }
    }
}

/// Folders of the program's own.
enum Folders {
    /// Makes the folder where it is missing, then for its owner alone.
    static func make(_ path: String) throws(CommandFailure) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandFailure("Cannot make the folder \(path): \(error.localizedDescription)")
        }
    }
}
