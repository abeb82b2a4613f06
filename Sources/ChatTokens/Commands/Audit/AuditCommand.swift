internal import ArgumentParser
internal import Domain

/// `chat-tokens audit`.
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Exports the audit log, and verifies an export without the database.",
        discussion: """
            Example:
              chat-tokens audit keys > audit-keys.json
              chat-tokens audit export --tenant acme > acme.jsonl
              chat-tokens audit verify acme.jsonl --key audit-keys.json

            Every act of management is an entry in the log of its tenant, or of the operator. Entries are chained by \
            their hashes, and the deployment signs where each chain is, so that whoever keeps exports elsewhere notices \
            what is changed, removed or cut off later.
            """,
        subcommands: [AuditExportCommand.self, AuditVerifyCommand.self, AuditKeys.self])
}

/// A moment as typed: RFC 3339 in UTC, or a day.
struct Moment: ExpressibleByArgument {
    let timestamp: Timestamp

    init?(argument: String) {
        guard let timestamp = Timestamp(rfc3339: argument) else { return nil }
        self.timestamp = timestamp
    }
}

/// `chat-tokens audit keys`.
struct AuditKeys: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Prints the public keys that sign checkpoints and exports, as a JWK set.",
        discussion: """
            Example:
              chat-tokens audit keys > audit-keys.json

            Keep the file where those who can write to the database cannot. The server publishes the same at \
            /.well-known/audit-keys.json. The document is the same with and without --json.
            """)

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        Output.line(String(decoding: try deployment.open().auditLog.keySet(), as: UTF8.self))
    }
}
