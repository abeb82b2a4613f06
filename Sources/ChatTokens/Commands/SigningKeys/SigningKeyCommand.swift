internal import ArgumentParser
internal import Domain

/// `chat-tokens signing-key`.
struct SigningKeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signing-key",
        abstract: "Rotates, retires, revokes and exports the keys that sign a tenant's tokens.",
        discussion: """
            Example, a rotation without a moment in which a verifier meets an unknown key:
              chat-tokens signing-key rotate --tenant acme
              (wait until every verifier has fetched the key set again: an hour for Centrifugo)
              chat-tokens signing-key activate <kid> --tenant acme

            A key is standby (published, not signing), active (the one that signs), retired (verifies what it signed) \
            or revoked (nothing it signed is valid). A tenant always keeps an active key, and has at most 16 that \
            verify: standby, active, or retired less than 25 hours ago.
            """,
        subcommands: [
            SigningKeyList.self, SigningKeyCreate.self, SigningKeyRotate.self, SigningKeyActivate.self,
            SigningKeyRetire.self, SigningKeyRevoke.self, SigningKeyExport.self,
        ])
}

/// Whose signing keys a command is about, and how it answers.
struct SigningKeyOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Whose key it is.", valueName: "id"))
    var tenant: Tenant.ID

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions
}
