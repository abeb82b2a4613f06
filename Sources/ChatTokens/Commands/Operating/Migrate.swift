internal import ArgumentParser
internal import Domain
internal import SQLiteStorage
internal import Tokens

/// `chat-tokens migrate`.
struct Migrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Brings the database's schema up to date; SQLite does it by itself whenever it is opened.",
        discussion: """
            Example:
              chat-tokens migrate --check

            With SQLite there is nothing to do: every command and the server migrate the file when they open it. \
            --check tells whether the schema is the one this program knows, by the exit status too.
            """)

    @Flag(help: "Only tell whether the schema fits.")
    var check = false

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let installation = try deployment.open()
        let health = installation.storage.health()
        let complaint = health.database ?? health.migrations
        Output.show(
            asJSON: output.json, ["upToDate": JSON(complaint == nil), "detail": JSON(optional: complaint)],
            text: complaint ?? "The schema is up to date; SQLite databases migrate themselves when they are opened.")
        if complaint != nil { throw ExitCode.failure }
    }
}
