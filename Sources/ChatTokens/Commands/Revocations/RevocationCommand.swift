internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens revocation`.
struct RevocationCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revocation",
        abstract: "Shows what is revoked; `token revoke` revokes.",
        discussion: """
            Example:
              chat-tokens revocation list --tenant acme
            """,
        subcommands: [RevocationList.self])
}

/// `chat-tokens revocation list`.
struct RevocationList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists a tenant's revocations that are in force, oldest first.",
        discussion: """
            Example:
              chat-tokens revocation list --tenant acme

            A revocation is in force for as long as a token can be alive that it matches.
            """)

    @Option(help: ArgumentHelp("Whose.", valueName: "id"))
    var tenant: Tenant.ID

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let revocations = try deployment.open().revocations.list(tenant)
        var table = Table(["ID", "KIND", "SUBJECT", "BEFORE", "EXPIRES", "BY", "REASON"])
        for revocation in revocations {
            table.add([
                revocation.id.description, revocation.subject.kind.rawValue, revocation.subject.text,
                revocation.cutoff.exact, revocation.expiresAt.description, revocation.by, revocation.reason,
            ])
        }
        Output.show(
            asJSON: output.json, ["revocations": JSON(revocations.map { JSON(object: $0.members) })],
            text: table.text(ifEmpty: "Nothing is revoked."))
    }
}
