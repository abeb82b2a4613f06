internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens tenant create`.
struct TenantCreate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Creates a tenant with its first signing key.",
        discussion: """
            Example:
              chat-tokens tenant create acme --name "Acme Chat" --plan pro --algorithm ES256

            The identifier is part of every token's issuer and never changes: 1 to 63 of a-z, 0-9 and inner hyphens. \
            HS256 gateways need the shared secret (`signing-key export --private`); with ES256, EdDSA and RS256 they \
            fetch public keys from /t/<tenant>/.well-known/jwks.json. Next: `chat-tokens key create --tenant acme`.
            """)

    @Argument(help: "The new tenant's identifier.")
    var id: Tenant.ID

    @Option(help: "HS256, ES256, EdDSA or RS256.")
    var algorithm: SignatureAlgorithm = .hs256

    @OptionGroup(title: "Settings of the tenant")
    var tenant: TenantOptions

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let installation = try deployment.open()
        let created = try installation.tenants.create(
            id, settings: tenant.change, algorithm: algorithm, by: .commandLine)
        let url = installation.settings.publicURL
        Output.show(asJSON: output.json, created.json(publicURL: url), text: created.sheet(publicURL: url).text)
    }
}
