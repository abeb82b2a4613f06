internal import ArgumentParser
internal import Domain

/// `chat-tokens key release`.
struct KeyRelease: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Puts a quarantined API key back into use.",
        discussion: """
            Example:
              chat-tokens key release 4fK2mZx81TqB

            For a key that was found in the open and is harmless there; whoever found it still has it. To be safe, \
            create another key and revoke this one.
            """)

    @Argument(help: "The key's identifier, alone or as its preview (chatsdk_…).")
    var id: APIKey.ID

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let installation = try deployment.open()
        let key = try installation.leakDesk(quarantining: true).release(id, by: .commandLine)
        Output.show(
            asJSON: output.json, key.json(prefix: installation.settings.keyPrefix, now: installation.world.now()),
            text: "API key \(id) (\(key.name)) works again.")
    }
}
