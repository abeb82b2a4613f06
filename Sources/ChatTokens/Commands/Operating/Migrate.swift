internal import ArgumentParser
internal import Domain
internal import PostgresStorage
internal import Tokens

/// `chat-tokens migrate`.
struct Migrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Brings a PostgreSQL schema up to date; SQLite does it by itself whenever it is opened.",
        discussion: """
            Examples:
              chat-tokens migrate
              chat-tokens migrate --check

            Any number of nodes may do it at once, and servers may be running: each migration is applied once, whole \
            or not at all. There is no way back. --check changes nothing, and its exit status is 1 where something is \
            missing. A schema that is newer than this program is refused.
            """)

    @Flag(help: "Only tell what is missing.")
    var check = false

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let database = try deployment.settings().database
        switch database.kind {
        case .sqlite: try examineFile()
        case .postgres(let url): try migrate(url, database)
        }
    }

    private func migrate(_ url: PostgresURL, _ database: DatabaseLocation) throws {
        let names: [String]
        do throws(StoreFailure) {
            names =
                check
                ? try PostgresStorage.pendingMigrations(url.text, world: .system)
                : try PostgresStorage.migrate(url.text, world: .system)
        } catch {
            throw CommandFailure(error, doing: "Migrating the database \(database.name)")
        }
        let list = names.joined(separator: ", ")
        let isUpToDate = !check || names.isEmpty
        let missing = "The schema lacks \(list): run `chat-tokens migrate`."
        show(
            applied: check ? [] : names, pending: check ? names : [], complaint: isUpToDate ? nil : missing,
            text: names.isEmpty ? "The schema is up to date." : "Applied \(list); the schema is up to date.")
        if !isUpToDate { throw ExitCode.failure }
    }

    private func examineFile() throws {
        let health = try deployment.open().storage.health()
        let complaint = health.database ?? health.migrations
        show(
            applied: [], pending: [], complaint: complaint,
            text: "The schema is up to date; SQLite databases migrate themselves when they are opened.")
        if complaint != nil { throw ExitCode.failure }
    }

    private func show(applied: [String], pending: [String], complaint: String?, text: String) {
        Output.show(
            asJSON: output.json,
            [
                "upToDate": JSON(complaint == nil), "applied": JSON(applied.map { JSON($0) }),
                "pending": JSON(pending.map { JSON($0) }), "detail": JSON(optional: complaint),
            ], text: complaint ?? text)
    }
}
