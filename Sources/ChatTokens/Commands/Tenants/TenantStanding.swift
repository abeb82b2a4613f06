internal import ArgumentParser
internal import Domain

/// `chat-tokens tenant suspend`.
struct TenantSuspend: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suspend",
        abstract: "Stops issuing and verifying for a tenant; nothing is lost.",
        discussion: """
            Example:
              chat-tokens tenant suspend acme

            Verifiers that check tokens offline go on accepting them until they expire.
            """)

    @Argument(help: "The tenant.")
    var id: Tenant.ID

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let installation = try deployment.open()
        let tenant = try installation.tenants.suspend(id, by: .commandLine)
        let url = installation.settings.publicURL
        Output.show(asJSON: output.json, tenant.json(publicURL: url), text: "Tenant \(id) is suspended.")
    }
}

/// `chat-tokens tenant resume`.
struct TenantResume: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Serves a suspended tenant again.",
        discussion: """
            Example:
              chat-tokens tenant resume acme

            Tokens issued before the suspension are valid again until they expire.
            """)

    @Argument(help: "The tenant.")
    var id: Tenant.ID

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let installation = try deployment.open()
        let tenant = try installation.tenants.resume(id, by: .commandLine)
        let url = installation.settings.publicURL
        Output.show(asJSON: output.json, tenant.json(publicURL: url), text: "Tenant \(id) is active.")
    }
}
