internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens config`.
struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Shows the effective settings and where each comes from; secrets stay hidden.",
        discussion: """
            Example:
              CHAT_TOKENS_PORT=9000 chat-tokens config

            Unknown names and bad values are all listed, with exit status 78.
            """)

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup(title: "Server")
    var server: ServerOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let settings = try deployment.settings(with: server)
        var table = Table(["SETTING", "VALUE", "FROM"])
        for line in settings.lines {
            table.add([line.setting.variable, line.shown ?? "-", line.origin])
        }
        let documents = settings.lines.map { line in
            (
                name: line.setting.rawValue,
                value: ["value": JSON(optional: line.shown), "source": JSON(line.origin)] as JSON
            )
        }
        Output.show(asJSON: output.json, JSON(object: documents), text: table.text(ifEmpty: ""))
    }
}

extension Settings.Line {
    /// The value as it may be shown.
    var shown: String? { setting.isSecret && text != nil ? "(hidden)" : text }
}
