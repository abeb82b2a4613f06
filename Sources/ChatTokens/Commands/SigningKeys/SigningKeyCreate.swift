internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens signing-key create`.
struct SigningKeyCreate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Adds a standby key: published, not signing yet.",
        discussion: """
            Example, to move a tenant from HS256 to public keys:
              chat-tokens signing-key create --tenant acme --algorithm ES256
            """)

    @Option(help: "HS256, ES256, EdDSA or RS256; default: that of the active key.")
    var algorithm: SignatureAlgorithm?

    @OptionGroup
    var options: SigningKeyOptions

    func run() throws {
        let key = try options.deployment.open().signingKeys.create(
            for: options.tenant, algorithm: algorithm, by: .commandLine)
        Output.show(asJSON: options.output.json, key.json, text: key.sheet.text)
    }
}
