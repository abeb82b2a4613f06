internal import ArgumentParser
internal import Domain
internal import Foundation
internal import Tokens

/// `chat-tokens key scan`.
struct KeyScan: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan",
        abstract: "Finds API keys in files and folders, by their prefix and checksum.",
        discussion: """
            Examples:
              chat-tokens key scan .
              chat-tokens key scan --quarantine /var/log/backend

            Works offline and needs no database. Prints the place and the public part of every key it finds, never the \
            secret. Folders named .git, links, pipes, devices and files that look binary are passed over. The exit status is 1 where a \
            key was found. Keys imported from another system have no checksum and are not found.
            """)

    @Argument(help: "Files and folders.", completion: .file())
    var paths: [String]

    @Flag(help: "Look into files that look binary too.")
    var binary = false

    @Flag(help: "Put the keys that are this deployment's out of use, until an owner revokes or releases them.")
    var quarantine = false

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup
    var output: OutputOptions

    func run() throws {
        let settings = try deployment.settings()
        var scan = FileScan(finder: KeyFinder(prefix: settings.keyPrefix), includesBinaries: binary)
        let desk = quarantine ? try deployment.open().leakDesk(quarantining: true) : nil
        var findings: [JSON] = []
        var table = Table(["PLACE", "KEY", "STATUS"])
        for path in paths {
            try scan.visit(path) { match throws(CommandFailure) in
                let status = try desk.map { desk throws(CommandFailure) in try report(match, to: desk) }
                let preview = String(match.text.prefix(settings.keyPrefix.utf8.count + 13))
                table.add([match.place, preview, status ?? ""])
                findings.append([
                    "file": JSON(match.file), "line": JSON(Int64(match.line)), "preview": JSON(preview),
                    "status": JSON(optional: status),
                ])
            }
        }
        for path in scan.unreadable { Output.note("cannot read \(path)") }
        let json: JSON = [
            "findings": JSON(findings), "files": JSON(Int64(scan.files)), "skipped": JSON(Int64(scan.skipped)),
            "unreadable": JSON(scan.unreadable.map { JSON($0) }),
        ]
        Output.show(asJSON: output.json, json, text: table.text(ifEmpty: "No API keys in \(scan.files) files."))
        if !findings.isEmpty { throw ExitCode.failure }
    }

    /// What became of a key; one that is not this deployment's is `unknown`.
    private func report(_ match: FileScan.Match, to desk: LeakDesk) throws(CommandFailure) -> String {
        do throws(ManagementFailure) {
            let finding = try desk.report(match.text, at: match.place, by: .commandLine)
            return finding?.key.status(at: World.system.now()).rawValue ?? "unknown"
        } catch {
            throw CommandFailure(error.description)
        }
    }
}
