internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens account create`.
struct AccountCreate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Creates the account of a person, with the password from the standard input.",
        discussion: """
            Example:
              chat-tokens account create ann@example.com --tenant acme --role owner < password.txt

            Without --tenant it belongs to none until it accepts an invitation.
            """)

    @Argument(help: "The e-mail address by which the person will log in.")
    var email: EmailAddress

    @Option(help: "Of which tenant it is a member.")
    var tenant: Tenant.ID?

    @Option(help: "What it may do there: viewer, admin or owner.")
    var role = Role.viewer

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let installation = try deployment.open()
        let password = try PasswordInput.read(for: email, world: installation.world)
        let account = try installation.accounts.create(
            email, password: password, memberOf: tenant.map { ($0, role) }, by: .commandLine)
        let place = tenant.map { ", \(role.rawValue) of \($0)" } ?? ""
        Output.show(asJSON: output.json, account.json, text: "Account \(account.id) (\(email))\(place) is there.")
    }
}
