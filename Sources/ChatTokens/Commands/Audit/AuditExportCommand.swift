internal import ArgumentParser
internal import Domain

/// `chat-tokens audit export`.
struct AuditExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Prints the audit log of a tenant or of the operator as JSON lines.",
        discussion: """
            Examples:
              chat-tokens audit export --tenant acme > acme.jsonl
              chat-tokens audit export --operator --from 2026-01-01 --to 2026-02-01 > january.jsonl

            Oldest first, with the checkpoints that were signed meanwhile; the last line seals the export. The lines \
            are the same with and without --json.
            """)

    @Option(help: ArgumentHelp("Whose log.", valueName: "id"))
    var tenant: Tenant.ID?

    @Flag(help: "The log of the operator.")
    var `operator` = false

    @Option(help: ArgumentHelp("From this moment on (UTC).", valueName: "time"))
    var from: Moment?

    @Option(help: ArgumentHelp("Until before this moment (UTC).", valueName: "time"))
    var to: Moment?

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func validate() throws {
        guard (tenant != nil) != `operator` else {
            throw ValidationError("Say exactly one of --tenant <id> and --operator.")
        }
    }

    func run() throws {
        var export = try deployment.open().auditLog.export(of: tenant, from: from?.timestamp, to: to?.timestamp)
        while let lines = try export.next() { Output.raw(lines) }
    }
}
