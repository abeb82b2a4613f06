internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens tenant list`.
struct TenantList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists all tenants.",
        discussion: """
            Example:
              chat-tokens tenant list --json
            """)

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let installation = try deployment.open()
        let tenants = try installation.tenants.list()
        let url = installation.settings.publicURL
        Output.show(
            asJSON: output.json, ["tenants": JSON(tenants.map { $0.json(publicURL: url) })],
            text: Self.table(tenants))
    }

    private static func table(_ tenants: [Tenant]) -> String {
        var table = Table(["ID", "NAME", "STATUS", "PLAN", "RATE", "BURST", "QUOTA", "CREATED"])
        for tenant in tenants {
            table.add([
                tenant.id.text, tenant.name, tenant.status.rawValue, tenant.plan.id.text,
                "\(tenant.rateLimit.rate)", "\(tenant.rateLimit.burst)", "\(tenant.quota)",
                tenant.createdAt.description,
            ])
        }
        return table.text(ifEmpty: "No tenants yet; `chat-tokens tenant create <id>` makes one.")
    }
}
