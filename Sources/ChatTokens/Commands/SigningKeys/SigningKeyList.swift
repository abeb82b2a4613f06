internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens signing-key list`.
struct SigningKeyList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists a tenant's signing keys, revoked ones included.",
        discussion: """
            Example:
              chat-tokens signing-key list --tenant acme
            """)

    @OptionGroup
    var options: SigningKeyOptions

    func run() throws {
        let keys = try options.deployment.open().signingKeys.list(options.tenant)
        Output.show(
            asJSON: options.output.json, ["signingKeys": JSON(keys.map(\.json))], text: SealedKey.table(keys))
    }
}
