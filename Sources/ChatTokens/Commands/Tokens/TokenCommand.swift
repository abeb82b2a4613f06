internal import ArgumentParser

/// `chat-tokens token`.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Makes, shows and checks tokens at the console.",
        discussion: """
            Example:
              chat-tokens token mint --tenant demo --user alice
            """,
        subcommands: [TokenMint.self, TokenInspect.self, TokenVerify.self, TokenExplain.self, TokenRevoke.self])
}

/// A token as an argument, or on standard input, where other users of the machine cannot see it.
struct TokenArgument: ParsableArguments {
    @Argument(help: "The token, or - to read it from standard input.")
    var token: String

    /// The token's text.
    func text() throws(CommandFailure) -> String {
        guard token == "-" else { return token }
        guard let line = readLine(strippingNewline: true) else {
            throw CommandFailure("There is nothing on standard input.")
        }
        return line
    }
}
