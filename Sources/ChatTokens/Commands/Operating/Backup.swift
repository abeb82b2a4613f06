internal import ArgumentParser
internal import Domain
internal import Foundation
internal import SQLiteStorage
internal import Tokens

/// `chat-tokens backup`.
struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copies the database into a new file while the server goes on.",
        discussion: """
            Example:
              chat-tokens backup /backups/chat-tokens-2026-01-02.db

            The copy is the database at one moment, examined before it gets its name. It does not hold the master key, \
            without which its signing keys do not open: keep a copy of that somewhere else. A PostgreSQL database is \
            backed up with PostgreSQL's own tools, such as pg_dump.
            """)

    @Argument(help: "The new file.")
    var file: String

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let installation = try deployment.open()
        guard let database = installation.storage as? SQLiteStorage else {
            throw CommandFailure(
                "This is for SQLite: a PostgreSQL database is backed up with pg_dump or the tools of its operator.")
        }
        let path = FilePath.absolute(file, in: FileManager.default.currentDirectoryPath)
        let isWatched = isatty(STDERR_FILENO) == 1
        do throws(StoreFailure) {
            try database.backup(to: path) { copied, total in
                if isWatched { Output.note("\(copied) of \(total) pages") }
            }
        } catch .conflict {
            throw CommandFailure("\(path) exists already.")
        } catch {
            throw CommandFailure(error, doing: "The backup")
        }
        let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int64) ?? 0
        Output.show(
            asJSON: output.json, ["file": JSON(path), "bytes": JSON(size)],
            text: "Backed up to \(path), \(size) bytes.")
    }
}
