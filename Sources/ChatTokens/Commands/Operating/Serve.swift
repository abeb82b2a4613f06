internal import ArgumentParser
internal import Foundation
internal import Logging

/// `chat-tokens serve`.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serves the API until SIGTERM or SIGINT, then answers what it accepted and stops.",
        discussion: """
            Example:
              chat-tokens serve --port 8080 --public-url https://tokens.example.com

            An embedded SQLite database is created and migrated as needed; only one server can use it at a time. A \
            PostgreSQL database must have been migrated (chat-tokens migrate); any number of servers can use it. Logs \
            are JSON lines on stderr. With --json the address is also printed to stdout as one JSON document.
            """)

    @OptionGroup(title: "Deployment")
    var deployment: DeploymentOptions

    @OptionGroup(title: "Server")
    var server: ServerOptions

    @OptionGroup
    var output: OutputOptions

    func run() async throws {
        // A peer that closes early is an error of one write, not the end of the process.
        _ = signal(SIGPIPE, SIG_IGN)
        let settings = try deployment.settings(with: server)
        JSONLines.bootstrap(level: settings.logLevel)
        // Before anything is opened, and in words.
        _ = try settings.tls?.validity()
        try Self.probe(settings.address, of: .port)
        if let metrics = settings.metricsAddress { try Self.probe(metrics, of: .metricsAddress) }
        let installation = try Installation.open(settings, for: .serve)
        try await Assembly(installation: installation, announcesAsJSON: output.json).run()
    }

    /// Says in words what would otherwise end the server with a system error.
    private static func probe(_ address: Settings.Address, of setting: Setting) throws(CommandFailure) {
        guard let complaint = PortProbe.complaint(about: address) else { return }
        throw CommandFailure("Cannot serve: \(complaint); \(setting.flag) chooses another.")
    }
}
