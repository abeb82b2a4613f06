internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens account list`.
struct AccountList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the accounts, or the members of a tenant.",
        discussion: """
            Examples:
              chat-tokens account list
              chat-tokens account list --tenant acme
            """)

    @Option(help: "Whose members, with their roles; all accounts unless given.")
    var tenant: Tenant.ID?

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let installation = try deployment.open()
        guard let tenant else { return show(try installation.accounts.list()) }
        let members = ManageMembers(accounts: try installation.accounts, publicURL: installation.settings.publicURL)
        show(try members.list(tenant))
    }

    private func show(_ accounts: [Account]) {
        var table = Table(["ID", "E-MAIL", "CREATED"])
        for account in accounts { table.add([account.id.text, account.email.text, account.createdAt.description]) }
        Output.show(
            asJSON: output.json, ["accounts": JSON(accounts.map(\.json))], text: table.text(ifEmpty: "No accounts."))
    }

    private func show(_ members: [Member]) {
        var table = Table(["ID", "E-MAIL", "ROLE", "JOINED"])
        for member in members {
            table.add([member.account.text, member.email.text, member.role.rawValue, member.joinedAt.description])
        }
        Output.show(
            asJSON: output.json, ["members": JSON(members.map(\.json))], text: table.text(ifEmpty: "No members."))
    }
}
