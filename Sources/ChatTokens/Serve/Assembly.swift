internal import Domain
internal import Foundation
internal import Logging
internal import RedisLimits
internal import ServiceLifecycle
internal import Tokens
internal import UnixSignals
internal import WebAPI

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
            storage: storage, vault: installation.vault, world: world, deployment: installation.settings.deployment,
            patienceSeconds: installation.settings.stalenessLimit)
        let tail = ChangeTail(storage: storage, directory: directory, world: world)
        let revocations = try self.revocations(directory: directory, logger: logger)
        let limits = redisLimits(logger)
        // The last to be told to stop is the first here; the server needs the others until its own end.
        let follower = try ChangeFollower(
            tail: tail, revocations: revocations, storage: storage, logger: logger, world: world)
        let reporter = RevocationReporter(
            revocations: revocations, node: nodeName, storage: storage, logger: logger, world: world)
        let counter = UseCounter(directory: directory, storage: storage, logger: logger, world: world)
        let sealer = AuditSealer(
            seal: SealAuditLog(storage: storage, vault: installation.vault, world: world), logger: logger)
        let recorder = EventRecorder(events: directory.events, storage: storage, world: world, logger: logger)
        let registry = PrometheusRegistry()
        let disconnections = self.disconnections(registry: registry, logger: logger)
        var services: [any Service] = [follower, reporter, counter, sealer, recorder]
        services += [RowPruner(storage: storage, world: world, logger: logger), CodePages()]
        if let disconnections { services.append(disconnections) }
        if let limits { services.append(LimitKeeper(limits: limits)) }
        let refreshKey = try RefreshKey(storage, vault: installation.vault, world: world)
        services.append(
            server(
                directory: directory, revocations: revocations, limits: limits, disconnections: disconnections,
                registry: registry, refreshKey: refreshKey, logger: logger))
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(30)
        logger.info("starting", metadata: startLine)
        try await ServiceGroup(configuration: configuration).run()
        close(logger)
        logger.info("stopped")
    }

    /// The revocations, of which all that are alive have been read.
    private func revocations(directory: Directory, logger: Logger) throws(StoreFailure) -> Revocations {
        let revocations = Revocations(
            directory: directory, storage: installation.storage, world: installation.world
        ) { observation in
            guard let failure = observation.failure else { return }
            logger.error("revocations were not stored", metadata: ["cause": "\(failure.sentence)"])
        }
        try revocations.catchUp()
        return revocations
    }

    /// The API on both lanes, and metrics where they are asked for.
    private func server(
        directory: Directory, revocations: Revocations, limits: RedisLimits?, disconnections: Disconnections?,
        registry: PrometheusRegistry, refreshKey: RefreshKey, logger: Logger
    ) -> TokenServer {
        let settings = installation.settings
        let world = installation.world
        let metrics = ServerMetrics(registry: registry)
        let batcher = batcher(metrics: metrics, logger: logger)
        metrics.watch(directory: directory, queueDepth: { batcher.depth }, world: world)
        let issue = IssueTokens(
            directory: directory, batcher: batcher, sharedLimits: limits.map { queue(for: $0, registry: registry) })
        let parts = ServerParts(
            directory: directory, issue: issue, refreshKey: refreshKey, revocations: revocations,
            storage: installation.storage, vault: installation.vault, world: world, metrics: metrics,
            registry: registry,
            log: RequestLog(
                includesSuccesses: settings.accessLog, level: settings.logLevel, world: world, write: JSONLines.write),
            logger: logger, leakReporters: leakReporters(logger), quarantinesLeaks: settings.quarantinesLeaks,
            disconnections: disconnections)
        let serverSettings = ServerSettings(
            address: .init(host: settings.address.host, port: settings.address.port),
            metrics: settings.metricsAddress.map { .init(host: $0.host, port: $0.port) },
            eventLoops: settings.eventLoops,
            tls: settings.tls.map { .init(certificate: $0.certificate, key: $0.key) },
            trustedProxies: TrustedProxies(settings.trustedProxies))
        return TokenServer(settings: serverSettings, parts: parts) { port in
            announce(Settings.Address(host: settings.address.host, port: port), logger)
            CodePages.releaseUnused()
        }
    }

    private func batcher(metrics: ServerMetrics, logger: Logger) -> Batcher<IssueCommand, IssueOutcome> {
        let storage = installation.storage
        return Batcher(label: "chat-tokens.issue", world: installation.world) { (commands) throws(StoreFailure) in
            try storage.issue(commands)
        } observe: { observation in
            metrics.observe(observation)
            guard let failure = observation.failure else { return }
            logger.error(
                "a batch was not stored",
                metadata: ["cause": "\(failure.sentence)", "requests": "\(observation.count)"])
        }
    }

    /// Says where the API listens, on stdout for people and scripts, on stderr as a log line.
    private func announce(_ address: Settings.Address, _ logger: Logger) {
        logger.info("listening", metadata: ["address": "\(address)"])
        let url = installation.settings.publicURL
        Output.show(
            asJSON: announcesAsJSON, ["address": JSON(address.description), "publicUrl": JSON(url)],
            text: "Serving \(url) on \(address); documentation at \(url)/docs")
    }

    /// What this node is called where nodes are listed: the same again after a restart.
    private var nodeName: String {
        String("\(ProcessInfo.processInfo.hostName):\(installation.settings.address.port)".suffix(64))
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
