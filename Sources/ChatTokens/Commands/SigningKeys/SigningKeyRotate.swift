internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens signing-key rotate`.
struct SigningKeyRotate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Publishes the key that is to sign next; with --activate-now it signs at once.",
        discussion: """
            Example:
              chat-tokens signing-key rotate --tenant acme
              chat-tokens signing-key activate <kid> --tenant acme

            Without --activate-now this is the first half: a standby key that verifiers can fetch before its first \
            token arrives; `activate` is the second half. --activate-now takes the newest standby key of the \
            algorithm, else a new one, and retires the key that signed: right for HS256 and in an emergency, but \
            verifiers that keep a key set refuse new tokens until they fetch it again.
            """)

    @Option(help: "HS256, ES256, EdDSA or RS256; default: that of the active key.")
    var algorithm: SignatureAlgorithm?

    @Flag(help: "Sign with it from now on.")
    var activateNow = false

    @OptionGroup
    var options: SigningKeyOptions

    func run() throws {
        let keys = try options.deployment.open().signingKeys
        let key =
            activateNow
            ? try keys.rotateNow(options.tenant, algorithm: algorithm, by: .commandLine)
            : try keys.rotate(options.tenant, algorithm: algorithm, by: .commandLine)
        let next =
            activateNow
            ? "It signs from now on; the former key verifies what it signed."
            : """
            It is published and does not sign yet. When verifiers have fetched the key set again (5 minutes for most,
            an hour for Centrifugo):
              chat-tokens signing-key activate \(key.kid) --tenant \(options.tenant)
            """
        Output.show(asJSON: options.output.json, key.json, text: "\(key.sheet.text)\n\n\(next)")
    }
}
