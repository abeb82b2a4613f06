internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens key list`.
struct KeyList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the API keys of a tenant or of the operator, without their secrets.",
        discussion: """
            Example:
              chat-tokens key list --tenant acme
            """)

    @OptionGroup(title: "Owner, exactly one")
    var owner: OwnerOptions

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let installation = try deployment.open()
        let keys = try installation.keys.list(of: owner.owner)
        let now = installation.world.now()
        var table = Table(APIKey.headings)
        for key in keys { key.add(to: &table, now: now) }
        let documents = keys.map { $0.json(prefix: installation.settings.keyPrefix, now: now) }
        Output.show(asJSON: output.json, ["keys": JSON(documents)], text: table.text(ifEmpty: "No API keys."))
    }
}
