internal import ArgumentParser
internal import Domain
internal import Foundation
internal import SQLiteStorage
internal import Tokens

/// `chat-tokens copy`.
struct Copy: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Copies a whole deployment into another database, and verifies that nothing is missing.",
        discussion: """
            Example, moving from a file to a server:
              chat-tokens copy --from sqlite:.data/chat-tokens.db --to postgres://tokens@db.example/tokens
              (stop the server, run the same again, serve with the new URL)

            Tenants, signing keys as they are sealed, API keys, users and counts arrive byte for byte; the master key \
            stays the same. Broken off or done again it goes on from where it was: only what differs is written, so \
            that the second run takes a fraction of the first. The target has to be empty, or copied to before and not \
            served since; it cannot be served before a copy has ended well. The exit status is 0 only if both were \
            found equal at the end. libpq takes a password from PGPASSWORD or ~/.pgpass, where nobody sees it.
            """)

    @Option(help: ArgumentHelp("The database to read; it is not changed.", valueName: "url"))
    var from: DatabaseArgument

    @Option(help: ArgumentHelp("The database to write.", valueName: "url"))
    var to: DatabaseArgument

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let from = try from.required(as: "--from"), to = try to.required(as: "--to")
        guard from != to else { throw CommandFailure("--from and --to are the same database.") }
        let world = World.system
        let source = try from.open(for: .tool, world: world)
        let isServed = from.path.map(SQLiteStorage.isServed) ?? false
        let target = try to.open(for: .receive, world: world)
        defer {
            try? source.close()
            try? target.close()
        }
        var watch = CopyWatch(world: world)
        let results: [CopyRecords.Result]
        do throws(CopyFailure) {
            results = try CopyRecords(from: source, to: target)(progress: { watch.note($0) })
        } catch {
            throw CommandFailure(error, from: from, to: to)
        }
        let report = CopyReport(results: results, seconds: watch.seconds)
        Output.show(asJSON: output.json, report.json, text: report.text)
        if isServed {
            Output.note(
                "A server ran on \(from.name) meanwhile, and what it has stored since may be missing: stop it, and do the "
                    + "same again before the copy is served.")
        }
    }
}

/// The URL of a database as an argument.
struct DatabaseArgument: ExpressibleByArgument {
    /// Nil where it is no such URL; told by the command, since the parser would quote it with its password.
    let location: DatabaseLocation?

    init?(argument: String) {
        location = DatabaseLocation(argument, workingDirectory: FileManager.default.currentDirectoryPath)
    }

    func required(as flag: String) throws(CommandFailure) -> DatabaseLocation {
        guard let location else { throw CommandFailure("\(flag) must be \(DatabaseLocation.rule).") }
        return location
    }
}
