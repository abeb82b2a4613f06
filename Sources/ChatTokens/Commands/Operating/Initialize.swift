internal import ArgumentParser
internal import Domain
internal import Foundation
internal import Tokens

/// `chat-tokens init`.
struct Initialize: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Makes database, master key, a first tenant and its API key, as far as they are missing.",
        discussion: """
            Example:
              chat-tokens init

            The master key file is made with mode 0600 beside the database file (for PostgreSQL in .data) and never \
            overwritten; every node of a deployment needs the same. A PostgreSQL schema is brought up to date. Where there is no \
            tenant yet, a tenant demo and its key are made, and the key is printed, this once. Doing it again changes \
            nothing and says what is there.
            """)

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let settings = try deployment.settings()
        let setUp = try SetUp.carryOut(settings, world: .system)
        Output.show(asJSON: output.json, setUp.json, text: setUp.text)
    }
}
