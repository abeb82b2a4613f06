internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens token verify`.
struct TokenVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Checks a token against the database, or against a JWK set as a gateway would.",
        discussion: """
            Examples:
              chat-tokens token verify - --expect ws < token.txt
              chat-tokens token verify <token> --expect rest --jwks https://chat.example.com/t/acme/.well-known/jwks.json
              chat-tokens token verify <token> --expect ws --jwks secret.jwk

            --jwks takes a file or an http(s) URL with a JWK set or one JWK (such as `signing-key export --private` \
            prints) and needs no database; curl fetches URLs. The exit status is 0 for a valid token and 1 for any other.
            """)

    @OptionGroup
    var argument: TokenArgument

    @Option(help: ArgumentHelp("The door the token is to open: rest or ws.", valueName: "rest|ws"))
    var expect: TokenKind

    @Option(help: ArgumentHelp("A JWK set or JWK, as a file or an http(s) URL.", valueName: "file|url"))
    var jwks: String?

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let token = try argument.text()
        let verdict: PublicVerdict
        if let jwks {
            let keys = try PublishedKeys(try Document.fetch(jwks))
            let audience = try deployment.settings().deployment.audience(of: expect)
            verdict = keys.judge(token, expect: expect, audience: audience, now: World.system.now())
        } else {
            verdict = PublicVerdict(try deployment.open().consoleTokens.verify(token, expect: expect))
        }
        Output.show(asJSON: output.json, bytes: verdict.document, text: verdict.text)
        if !verdict.isValid { throw ExitCode.failure }
    }
}
