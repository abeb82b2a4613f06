internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens token mint`.
struct TokenMint: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mint",
        abstract: "Issues a pair of tokens for a user without the server.",
        discussion: """
            Example:
              chat-tokens token mint --tenant demo --user alice --name "Alice Johnson" --expires-in 1h

            It does what POST /tokens does: the user is stored, the pair counts against the quota, and the tokens name \
            an API key of the tenant as their origin.
            """)

    @Option(help: ArgumentHelp("Whose user it is.", valueName: "id"))
    var tenant: Tenant.ID

    @Option(help: ArgumentHelp("The user's identifier.", valueName: "id"))
    var user: String

    @Option(help: "The user's display name; default: what is stored stays.")
    var name: String?

    @Option(help: ArgumentHelp("The user's picture, an absolute http(s) URL.", valueName: "url"))
    var image: String?

    @Option(help: ArgumentHelp("The user's custom metadata, a JSON object.", valueName: "json"))
    var custom: String?

    @Option(help: ArgumentHelp("How long the tokens live: seconds, or 15m, 1h.", valueName: "duration"))
    var expiresIn: Seconds?

    @Option(
        name: .customLong("channel"),
        help: ArgumentHelp("A Centrifugo channel for the WS token; may be repeated.", valueName: "name"))
    var channels: [String] = []

    @Option(help: ArgumentHelp("The API key the tokens name; default: the oldest active one.", valueName: "id"))
    var key: APIKey.ID?

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let request = try MintRequest(
            user: user, name: name, image: image, custom: custom, expiresIn: expiresIn?.count, channels: channels
        ).checked()
        let pair = try deployment.open().consoleTokens.mint(request, for: tenant, apiKey: key)
        Output.show(asJSON: output.json, bytes: Self.document(pair), text: Self.text(pair))
    }

    private static func document(_ pair: ConsoleTokens.Pair) -> [UInt8] {
        var user = JSONDocument()
        user.add("id", JSON(pair.user.id.text))
        user.add("name", JSON(optional: pair.user.name))
        user.add("image", JSON(optional: pair.user.image))
        user.add("custom", verbatim: pair.user.custom ?? Array("null".utf8))
        var document = JSONDocument()
        document.add("token", JSON(pair.token))
        document.add("wsToken", JSON(pair.wsToken))
        document.add("user", verbatim: user.bytes)
        document.add("expiresIn", JSON(pair.expiresAt.seconds - pair.grant.birth.seconds))
        document.add("expiresAt", JSON(pair.expiresAt.description))
        document.add("grantId", JSON(pair.grant.description))
        return document.bytes
    }

    private static func text(_ pair: ConsoleTokens.Pair) -> String {
        var sheet = Sheet()
        sheet.add("token", pair.token)
        sheet.add("wsToken", pair.wsToken)
        sheet.add("user", pair.user.id.text)
        sheet.add("expires", pair.expiresAt.description)
        sheet.add("grant", pair.grant.description)
        return sheet.text
    }
}
