internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens token explain`.
struct TokenExplain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Tells why a token fails, or would fail, at a verifier of some kind.",
        discussion: """
            Examples:
              chat-tokens token explain - --verifier centrifugo < token.txt
              chat-tokens token explain <token> --expect ws --verifier jwks --at 2026-01-02T03:04:05Z --leeway 30

            It knows every tenant's keys and looks at nothing but the token and the database: how the verifier is set \
            up is for you to say. The exit status is 0 if nothing speaks against the token and 1 otherwise.
            """)

    @OptionGroup
    var argument: TokenArgument

    @Option(help: ArgumentHelp("What would check the token.", valueName: "kind"))
    var verifier = Verifier.server

    @Option(help: ArgumentHelp("The door it guards: rest or ws; default: that of the token.", valueName: "rest|ws"))
    var expect: TokenKind?

    @Option(help: "The audience it demands; default: this deployment's.")
    var audience: String?

    @Option(help: ArgumentHelp("What its clock says, as RFC 3339 in UTC; default: now.", valueName: "moment"))
    var at: Timestamp?

    @Option(help: ArgumentHelp("By how much it lets a token be late: seconds, or 15m, 1h.", valueName: "duration"))
    var leeway: Seconds?

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let question = ExplainQuestion(
            token: try argument.text(), verifier: verifier, kind: expect, audience: audience, at: at,
            leeway: Int64(leeway?.count ?? 0))
        let explanation = try deployment.open().consoleTokens.explain(question)
        Output.show(asJSON: output.json, explanation.json, text: Self.text(explanation))
        if explanation.code != nil { throw ExitCode.failure }
    }

    private static func text(_ explanation: Explanation) -> String {
        var table = Table(["CHECK", "RESULT", ""])
        for check in explanation.checks {
            // As JSON, so that no control character of the token reaches the terminal.
            let detail = String(decoding: JSON(check.detail).compactBytes().dropFirst().dropLast(), as: UTF8.self)
            table.add([check.subject.rawValue, check.result.rawValue, detail])
        }
        let verdict = explanation.code.map { "fails: \($0.text)" } ?? "nothing speaks against it"
        return table.text(ifEmpty: "") + "\n\(verdict)"
    }
}
