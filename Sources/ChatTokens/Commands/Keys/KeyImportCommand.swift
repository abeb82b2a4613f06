internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens key import`.
struct KeyImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Makes an API key of another system work here, by its hash.",
        discussion: """
            Example:
              printf %s "$OLD_KEY" | sha256sum
              chat-tokens key import --tenant acme --name "Old backend" --prefix zmc_ --sha256 9f86d081…

            Its holder goes on using it as it is. The hash is SHA-256 of the whole key, the prefix included; the key \
            itself is not needed. `key rotate` gives its holder a key of this server in time.
            """)

    @Option(help: ArgumentHelp("Whose key it is.", valueName: "id"))
    var tenant: Tenant.ID

    @Option(help: "What people call it, at most 255 characters.")
    var name: String

    @Option(help: ArgumentHelp("What such keys begin with, such as zmc_.", valueName: "text"))
    var prefix: String

    @Option(help: ArgumentHelp("SHA-256 of the whole key, 64 hexadecimal digits.", valueName: "hex"))
    var sha256: Digest

    @OptionGroup
    var scopes: ScopeOptions

    @OptionGroup(title: "Terms")
    var terms: KeyTermsOptions

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let installation = try deployment.open()
        let given = KeyImport(
            name: name, prefix: prefix, hash: sha256, scopes: try scopes.chosen(), terms: terms.terms)
        let key = try installation.keys.import(given, for: tenant, by: .commandLine).key
        Output.show(
            asJSON: output.json, key.json(prefix: installation.settings.keyPrefix, now: installation.world.now()),
            text: "The key is known as \(key.id) (\(key.name)) and works at once.")
    }
}
