internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens signing-key activate`.
struct SigningKeyActivate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activate",
        abstract: "Makes a standby or retired key the one that signs; the one that did is retired.",
        discussion: """
            Example:
              chat-tokens signing-key activate <kid> --tenant acme
            """)

    @Argument(help: "The key.")
    var kid: String

    @OptionGroup
    var options: SigningKeyOptions

    func run() throws {
        let key = try options.deployment.open().signingKeys
            .activate(kid, of: options.tenant, by: .commandLine)
        Output.show(asJSON: options.output.json, key.json, text: "Signing key \(kid) is active.")
    }
}

/// `chat-tokens signing-key retire`.
struct SigningKeyRetire: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire",
        abstract: "Takes a standby key out of the rotation; the active one needs a successor first.",
        discussion: """
            Example:
              chat-tokens signing-key retire <kid> --tenant acme

            What a retired key signed stays valid until it expires. Activating another key retires the active one.
            """)

    @Argument(help: "The key.")
    var kid: String

    @OptionGroup
    var options: SigningKeyOptions

    func run() throws {
        let key = try options.deployment.open().signingKeys
            .retire(kid, of: options.tenant, by: .commandLine)
        Output.show(asJSON: options.output.json, key.json, text: "Signing key \(kid) is retired.")
    }
}

/// `chat-tokens signing-key revoke`.
struct SigningKeyRevoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Makes everything a key ever signed invalid, at once and for good.",
        discussion: """
            Example, after a secret has leaked:
              chat-tokens signing-key revoke <kid> --tenant acme --replace

            The active key is revoked only with --replace: the newest standby key of its algorithm, else a new one, \
            takes over in the same moment. Verifiers that keep a key set go on accepting until they fetch it again.
            """)

    @Argument(help: "The key.")
    var kid: String

    @Flag(help: "Let a standby or new key sign in its place.")
    var replace = false

    @OptionGroup
    var options: SigningKeyOptions

    func run() throws {
        let keys = try options.deployment.open().signingKeys
        let (revoked, successor) = try keys.revoke(kid, of: options.tenant, replacing: replace, by: .commandLine)
        let text = successor.map { " \($0.kid) signs in its place." } ?? ""
        Output.show(
            asJSON: options.output.json, ["revoked": revoked.json, "successor": successor?.json ?? nil],
            text: "Signing key \(kid) is revoked.\(text)")
    }
}
