internal import ArgumentParser
internal import Domain
internal import Tokens

/// `chat-tokens doctor`.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Looks for everything that can be wrong with this deployment.",
        discussion: """
            Example:
              chat-tokens doctor --json

            It examines settings, master key, TLS certificate, database, disk, tenants, keys, ports and clock, and \
            changes nothing but a heartbeat row. The exit status is 1 if anything is broken; warnings alone leave it 0.
            """)

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup(title: "Server")
    var server: ServerOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        var examination = Examination(world: .system)
        do throws(InvalidSettings) {
            examination.examine(try deployment.settings(with: server))
        } catch {
            for problem in error.problems { examination.note("settings", .broken, problem) }
        }
        let findings = examination.findings
        let isHealthy = !findings.contains { $0.status == .broken }
        Output.show(
            asJSON: output.json, ["healthy": JSON(isHealthy), "findings": JSON(findings.map(\.json))],
            text: Self.text(findings, isHealthy: isHealthy))
        if !isHealthy { throw ExitCode.failure }
    }

    private static func text(_ findings: [Finding], isHealthy: Bool) -> String {
        var table = Table(["", "CHECK", "FINDING"])
        for finding in findings { table.add([finding.status.rawValue, finding.check, finding.detail]) }
        return table.text(ifEmpty: "") + "\n\n" + (isHealthy ? "Nothing is broken." : "Something is broken.")
    }
}

/// What one check found.
struct Finding {
    /// How bad it is.
    enum Status: String {
        case fine = "ok"
        /// It works, but somebody should look at it.
        case doubtful = "warning"
        /// It does not work, or is not safe.
        case broken = "failure"
    }

    let check: String
    let status: Status
    let detail: String

    var json: JSON { ["check": JSON(check), "status": JSON(status.rawValue), "detail": JSON(detail)] }
}
