internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens token inspect`.
struct TokenInspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Shows what a token says, without checking any of it.",
        discussion: """
            Example:
              chat-tokens token inspect - < token.txt

            It reads tokens of any issuer and needs no database. Nothing it shows is proved: see `token verify`.
            """)

    @OptionGroup
    var argument: TokenArgument

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let token = try DecodedToken(try argument.text())
        Output.show(asJSON: output.json, bytes: token.document, text: token.sheet(now: World.system.now()).text)
    }
}
