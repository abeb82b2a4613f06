internal import ArgumentParser
internal import Domain

/// `chat-tokens tenant update`.
struct TenantUpdate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Changes a tenant's settings; what is not mentioned stays.",
        discussion: """
            Example:
              chat-tokens tenant update acme --plan enterprise --rate 250 --quota plan

            Limits apply from the next request, claims and life from the next token. `plan` as a limit gives it back \
            to the tenant's plan.
            """)

    @Argument(help: "The tenant.")
    var id: Tenant.ID

    @OptionGroup(title: "Settings of the tenant")
    var tenant: TenantOptions

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func validate() throws {
        guard tenant.change != TenantChange() else { throw ValidationError("Say what to change.") }
    }

    func run() throws {
        let installation = try deployment.open()
        let changed = try installation.tenants.update(id, with: tenant.change, by: .commandLine)
        let url = installation.settings.publicURL
        Output.show(asJSON: output.json, changed.json(publicURL: url), text: changed.sheet(publicURL: url).text)
    }
}
