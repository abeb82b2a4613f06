internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens account reset-password`.
struct AccountResetPassword: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset-password",
        abstract: "Gives an account the password from the standard input and ends all its sessions.",
        discussion: """
            Example:
              chat-tokens account reset-password ann@example.com < password.txt
            """)

    @Argument(help: "The e-mail address of the account.")
    var email: EmailAddress

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let installation = try deployment.open()
        let password = try PasswordInput.read(for: email, world: installation.world)
        let ended = try installation.accounts.resetPassword(of: email, to: password, by: .commandLine)
        Output.show(
            asJSON: output.json, ["email": JSON(email.text), "endedSessions": JSON(Int64(ended))],
            text: "The password of \(email) is replaced; \(ended) sessions have ended.")
    }
}
