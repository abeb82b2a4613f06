internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens tenant show`.
struct TenantShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows a tenant with its keys and what it has used of its quota.",
        discussion: """
            Example:
              chat-tokens tenant show acme
            """)

    @Argument(help: "The tenant.")
    var id: Tenant.ID

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let installation = try deployment.open()
        let details = try installation.tenants.show(id)
        Output.show(
            asJSON: output.json, json(details, of: installation), text: text(details, of: installation))
    }

    private func json(_ details: ManageTenants.Details, of installation: Installation) -> JSON {
        let now = installation.world.now()
        let keys = details.apiKeys.map { $0.json(prefix: installation.settings.keyPrefix, now: now) }
        let members: [(name: String, value: JSON)] = [
            ("issuedThisMonth", JSON(details.issuedPairs)),
            ("signingKeys", JSON(details.signingKeys.map(\.json))), ("apiKeys", JSON(keys)),
        ]
        return JSON(object: details.tenant.members(publicURL: installation.settings.publicURL) + members)
    }

    private func text(_ details: ManageTenants.Details, of installation: Installation) -> String {
        var sheet = details.tenant.sheet(publicURL: installation.settings.publicURL)
        sheet.add("issued this month", "\(details.issuedPairs) of \(details.tenant.quota)")
        var table = Table(APIKey.headings)
        for key in details.apiKeys { key.add(to: &table, now: installation.world.now()) }
        return [sheet.text, SealedKey.table(details.signingKeys), table.text(ifEmpty: "No API keys.")]
            .joined(separator: "\n\n")
    }
}
