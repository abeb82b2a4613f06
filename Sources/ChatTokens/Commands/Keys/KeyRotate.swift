internal import ArgumentParser
internal import Domain

/// `chat-tokens key rotate`.
struct KeyRotate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Gives an API key a new secret and shows it, this once.",
        discussion: """
            Example:
              chat-tokens key rotate 4fK2mZx81TqB --grace-seconds 1h

            The old secret goes on working for the grace, so that backends can be changed one after another; the \
            default of 0 stops it at once. Rotating again within the grace stops the oldest secret.
            """)

    @Argument(help: "The key's identifier, alone or as its preview (chatsdk_…).")
    var id: APIKey.ID

    @Option(
        name: [.customLong("grace-seconds"), .customLong("grace")],
        help: ArgumentHelp("How long the old secret works on: seconds, or 30m, 1h, at most 30d.", valueName: "duration")
    )
    var grace: Seconds?

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let installation = try deployment.open()
        let issued = try installation.keys.rotate(id, graceSeconds: grace?.count ?? 0, by: .commandLine)
        Output.show(
            asJSON: output.json, issued.json(prefix: installation.settings.keyPrefix),
            text: issued.sheet.text + "\n\nKeep it now: it cannot be shown again.")
    }
}
