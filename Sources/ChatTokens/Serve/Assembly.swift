internal import Domain
internal import Foundation
internal import Logging
internal import ServiceLifecycle
internal import SQLiteStorage
internal import UnixSignals

/// Puts a server together and runs it until it is told to stop.
struct Assembly {
    let installation: Installation
    /// Whether the address is also printed to stdout as JSON.
    let announcesAsJSON: Bool

    /// Serves until SIGTERM or SIGINT, answers what was accepted, and closes the database.
    func run() async throws {
        let logger = Logger(label: "chat-tokens")
        warn(logger)
        let storage = installation.storage
        let world = installation.world
        let directory = Directory(
            storage: storage, vault: installation.vault, world: world, deployment: installation.settings.deployment)
        let batcher = Batcher<IssueCommand, IssueOutcome>(label: "chat-tokens.issue", world: world) {
            (commands) throws(StoreFailure) in try storage.issue(commands)
        }
        let tail = ChangeTail(storage: storage, directory: directory, world: world)
        var services: [any Service] = [ChangeFollower(tail: tail, logger: logger)]
        services += try servers(directory: directory, batcher: batcher, logger: logger)
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(60)
        logger.info("starting", metadata: startLine)
        try await ServiceGroup(configuration: configuration).run()
        close(logger)
        logger.info("stopped")
    }

    /// The HTTP servers: the API, and metrics where they are asked for.
    private func servers(
        directory: Directory, batcher: Batcher<IssueCommand, IssueOutcome>, logger: Logger
    ) throws -> [any Service] {
        []
    }

    private var startLine: Logger.Metadata {
        let settings = installation.settings
        return [
            "address": "\(settings.address)", "publicUrl": "\(settings.publicURL)",
            "database": "\(settings.database.url)", "version": "\(Version.text)",
        ]
    }

    private func warn(_ logger: Logger) {
        if case .file(let path) = installation.settings.masterKey, MasterKeyFile.isExposed(path) == true {
            logger.warning("other users of this machine can read the master key file", metadata: ["file": "\(path)"])
        }
    }

    private func close(_ logger: Logger) {
        do throws(StoreFailure) {
            try installation.storage.close()
        } catch {
            logger.warning("the database was not closed in order", metadata: ["cause": "\(error.sentence)"])
        }
    }
}
