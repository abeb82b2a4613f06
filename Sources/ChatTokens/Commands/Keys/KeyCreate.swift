internal import ArgumentParser
internal import Domain

/// `chat-tokens key create`.
struct KeyCreate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Creates an API key and shows it, this once.",
        discussion: """
            Examples:
              chat-tokens key create --tenant acme --name "Production backend"
              chat-tokens key create --tenant acme --name "Read only" --scope tokens:verify --expires-in 90d
              chat-tokens key create --tenant acme --name Office --allow 198.51.100.0/24 --rate 20 --burst 50
              chat-tokens key create --node --name "Gateway eu-1"

            Scopes of a tenant's key: tokens:issue and tokens:verify unless said otherwise; also tokens:revoke and \
            admin. A node key has tokens:verify for every tenant and nothing else; an operator key has operator.
            """)

    @OptionGroup(title: "Owner, exactly one")
    var owner: OwnerOptions

    @Option(help: "What people call it, at most 255 characters.")
    var name: String

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
        let issued = try installation.keys.create(
            for: owner.owner, name: name, scopes: try scopes.chosen(), terms: terms.terms, by: .commandLine)
        Output.show(
            asJSON: output.json, issued.json(prefix: installation.settings.keyPrefix),
            text: issued.sheet.text + "\n\nKeep it now: it cannot be shown again.")
    }
}
