internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens signing-key export`.
struct SigningKeyExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Prints a signing key as a JWK (RFC 7517).",
        discussion: """
            Examples:
              chat-tokens signing-key export --tenant acme
              chat-tokens signing-key export --tenant acme --private

            Without a kid: the active key. The secret of an HS256 key, which gateways need to verify, is its private \
            part: whoever has it can make tokens. The document is the same with and without --json.
            """)

    @Argument(help: "The key; default: the active one.")
    var kid: String?

    @Flag(help: "Include the private part.")
    var `private` = false

    @OptionGroup
    var options: SigningKeyOptions

    func run() throws {
        let installation = try options.deployment.open()
        let active = try installation.signingKeys.list(options.tenant).first { $0.state == .active }
        guard let kid = kid ?? active?.kid else {
            throw CommandFailure("Tenant \(options.tenant) has no active signing key.")
        }
        if `private` {
            return Output.line(
                try installation.signingKeys.exportPrivate(kid, of: options.tenant, by: .commandLine))
        }
        guard let text = try installation.signingKeys.open(kid, of: options.tenant).jwk(.public) else {
            throw CommandFailure(
                "An HS256 key has no public part; --private prints its secret, with which tokens can be made.")
        }
        Output.line(text)
    }
}
