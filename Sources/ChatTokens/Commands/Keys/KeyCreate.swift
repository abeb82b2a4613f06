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
              chat-tokens key create --node --name "Gateway eu-1"

            Scopes of a tenant's key: tokens:issue and tokens:verify unless said otherwise; also tokens:revoke and \
            admin. A node key has tokens:verify for every tenant and nothing else; an operator key has operator.
            """)

    @OptionGroup(title: "Owner, exactly one")
    var owner: OwnerOptions

    @Option(help: "What people call it, at most 255 characters.")
    var name: String

    @Option(
        name: [.customLong("scope"), .customLong("scopes")],
        help: ArgumentHelp("What it may do; may be repeated, or several with commas.", valueName: "scope"))
    var scopes: [String] = []

    @Option(help: ArgumentHelp("When it stops working: seconds, or 12h, 90d.", valueName: "duration"))
    var expiresIn: Seconds?

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func validate() throws {
        _ = try chosenScopes()
    }

    func run() throws {
        let installation = try deployment.open()
        let issued = try installation.keys.create(
            for: owner.owner, name: name, scopes: try chosenScopes(), expiresIn: expiresIn?.count,
            by: .commandLine)
        Output.show(
            asJSON: output.json, issued.json(prefix: installation.settings.keyPrefix),
            text: issued.sheet.text + "\n\nKeep it now: it cannot be shown again.")
    }

    private func chosenScopes() throws -> Scopes? {
        guard !scopes.isEmpty else { return nil }
        let names = scopes.flatMap { $0.split(whereSeparator: { $0 == "," || $0 == " " }) }
        guard let chosen = Scopes(names: names) else {
            let known = Scopes.named.map(\.name).joined(separator: ", ")
            throw ValidationError("A scope is one of \(known).")
        }
        return chosen
    }
}
