internal import ArgumentParser
internal import Domain

/// `chat-tokens key revoke`.
struct KeyRevoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Takes an API key back for good.",
        discussion: """
            Example:
              chat-tokens key revoke 4fK2mZx81TqB --reason "found in a log"

            Tokens that were issued with it stay valid until they expire.
            """)

    @Argument(help: "The key's identifier, alone or as its preview (chatsdk_…).")
    var id: APIKey.ID

    @Option(help: "Why, for the record; at most 255 characters.")
    var reason = ""

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let installation = try deployment.open()
        let key = try installation.keys.revoke(id, reason: reason, by: .commandLine)
        Output.show(
            asJSON: output.json, key.json(prefix: installation.settings.keyPrefix, now: installation.world.now()),
            text: "API key \(id) (\(key.name)) is revoked.")
    }
}
