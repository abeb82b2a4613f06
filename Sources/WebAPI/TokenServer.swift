package import Domain
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdHTTP2
package import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// How the server listens.
package struct ServerSettings: Sendable {
    /// A certificate chain and its key, PEM files.
    package struct TLS: Sendable {
        /// The paths.
        package let certificate: String, key: String

        /// A certificate.
        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// A host and a port.
    package struct Address: Sendable {
        /// A name or an IP address, and a port; 0 lets the system choose one.
        package let host: String, port: Int

        /// An address.
        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    /// Where the API listens.
    package var address: Address
    /// Where `/metrics` is served; nil: nowhere.
    package var metrics: Address?
    /// Threads that serve connections; nil: one per core that the process may use, a container's CPU limit included.
    package var eventLoops: Int?
    /// Whether the threads are those of the whole process, one per core, which outlive the server; for a process of many
    /// servers, since a server's own end with the process only.
    package var sharesEventLoops = false
    /// Set: HTTPS with HTTP/1.1 and HTTP/2; nil: plain HTTP/1.1.
    package var tls: TLS?
    /// Whose word is taken for where a request came from.
    package var trustedProxies: TrustedProxies
    /// How much the hashing of passwords may take.
    package var passwords = PasswordWork()
    /// What clients may take.
    package var limits: ConnectionLimits

    /// Settings with the usual limits.
    package init(
        address: Address, metrics: Address?, eventLoops: Int?, tls: TLS? = nil,
        trustedProxies: TrustedProxies = .none, limits: ConnectionLimits = ConnectionLimits()
    ) {
        self.address = address
        self.metrics = metrics
        self.eventLoops = eventLoops
        self.tls = tls
        self.trustedProxies = trustedProxies
        self.limits = limits
    }
}

/// What the server works with.
package struct ServerParts: Sendable {
    let directory: Directory
    let issue: IssueTokens
    let refreshKey: RefreshKey
    let revocations: Revocations
    let storage: any Storage
    let vault: Vault
    let world: World
    let metrics: ServerMetrics
    let registry: PrometheusRegistry
    let log: RequestLog
    let logger: Logger
    let leakReporters: LeakReporters?
    let quarantinesLeaks: Bool
    /// Ends the connections of users at Centrifugo; nil: nowhere.
    let disconnections: Disconnections?

    /// The parts, assembled elsewhere; `revocations` have been read already.
    package init(
        directory: Directory, issue: IssueTokens, refreshKey: RefreshKey, revocations: Revocations,
        storage: any Storage, vault: Vault, world: World, metrics: ServerMetrics, registry: PrometheusRegistry,
        log: RequestLog, logger: Logger,
        leakReporters: LeakReporters? = nil, quarantinesLeaks: Bool = true,
        disconnections: Disconnections? = nil
    ) {
        self.directory = directory
        self.issue = issue
        self.refreshKey = refreshKey
        self.revocations = revocations
        self.storage = storage
        self.vault = vault
        self.world = world
        self.metrics = metrics
        self.registry = registry
        self.log = log
        self.logger = logger
        self.leakReporters = leakReporters
        self.quarantinesLeaks = quarantinesLeaks
        self.disconnections = disconnections
    }

    /// Issues tokens for requests that may come again.
    var issueOnce: IssueOnce {
        IssueOnce(storage: storage, vault: vault, world: world) { [logger] failure, requests in
            logger.error(
                "a batch of requests with idempotency keys was not stored",
                metadata: ["cause": "\(failure.cause ?? "\(failure)")", "requests": "\(requests)"])
        }
    }

    /// Takes in keys that were found in the open.
    var leakDesk: LeakDesk {
        LeakDesk(
            storage: storage, keyPrefix: directory.deployment.keyPrefix, world: world, quarantines: quarantinesLeaks)
    }
}

/// The HTTP server: both lanes, and the metrics on their own address.
///
/// Stops gracefully with its service group: what was accepted is answered, idle connections are closed.
package struct TokenServer: Service {
    private let settings: ServerSettings
    private let parts: ServerParts
    private let onListening: @Sendable (_ port: Int) async -> Void

    /// A server that is not yet listening.
    ///
    /// - Parameters:
    ///   - settings: how it listens.
    ///   - parts: what it works with.
    ///   - onListening: told the API's port once it accepts connections.
    package init(
        settings: ServerSettings, parts: ServerParts,
        onListening: @escaping @Sendable (_ port: Int) async -> Void
    ) {
        self.settings = settings
        self.parts = parts
        self.onListening = onListening
    }

    /// Serves until the service group shuts down; throws where an address cannot be had or a certificate is bad.
    package func run() async throws {
        let group = eventLoops()
        let service = HotService(
            directory: parts.directory, issue: parts.issue, once: parts.issueOnce,
            refreshKey: parts.refreshKey, readUser: ReadUser(storage: parts.storage), world: parts.world,
            logger: parts.logger,
            observer: RequestObservers(metrics: parts.metrics, log: parts.log), proxies: settings.trustedProxies)
        let workspaces = try await Workspaces(on: group, directory: parts.directory, world: parts.world)
        let passwords = PasswordThreads(settings.passwords, world: parts.world, logger: parts.logger)
        let api = Application(
            responder: try MainLane(
                parts: parts, service: service, workspaces: workspaces, passwords: passwords
            ).responder(),
            server: try builder(service: service, workspaces: workspaces),
            configuration: .init(
                address: .hostname(settings.address.host, port: settings.address.port), serverName: nil),
            services: settings.metrics.map { [metricsServer(at: $0, on: group)] } ?? [],
            onServerRunning: { channel in
                await onListening(channel.localAddress?.port ?? settings.address.port)
            },
            eventLoopGroupProvider: .shared(group), logger: quiet(parts.logger))
        let end: Result<Void, any Error>
        do {
            end = .success(
                try await withGracefulShutdownHandler {
                    try await api.run()
                } onGracefulShutdown: { [feed = parts.revocations.feed] in
                    // Whoever listens would hold his connection open.
                    feed.finish()
                })
        } catch {
            end = .failure(error)
        }
        parts.log.flush()
        // The loops end with the process: tasks of the last connections may still come back to them as they unwind.
        try await workspaces.stop()
        try await passwords.stop()
        try end.get()
    }

    private func eventLoops() -> MultiThreadedEventLoopGroup {
        guard !settings.sharesEventLoops else { return .singleton }
        return MultiThreadedEventLoopGroup(numberOfThreads: max(1, settings.eventLoops ?? System.coreCount))
    }

    private func builder(service: HotService, workspaces: Workspaces) throws -> HTTPServerBuilder {
        let secure = try settings.tls?.context()
        return HTTPServerBuilder { [limits = settings.limits] responder in
            let plain = TwoLaneChannel(
                main: HTTP1Channel(responder: responder), workspaces: workspaces, service: service, limits: limits)
            guard let secure else { return plain }
            let http2 = HTTP2Channel(
                responder: responder,
                configuration: .init(
                    idleTimeout: .seconds(limits.idleSeconds), gracefulCloseTimeout: .seconds(limits.headSeconds),
                    streamConfiguration: .init(idleTimeout: .seconds(limits.bodySeconds))))
            return SecureChannel(tls: secure, http1: plain, http2: http2)
        }
    }

    private func metricsServer(
        at address: ServerSettings.Address, on group: MultiThreadedEventLoopGroup
    ) -> any Service {
        let router = Router()
        router.get("/metrics") { [registry = parts.registry] _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: .init(byteBuffer: ByteBuffer(string: registry.render())))
        }
        return Application(
            router: router,
            configuration: .init(address: .hostname(address.host, port: address.port), serverName: nil),
            eventLoopGroupProvider: .shared(group), logger: quiet(parts.logger))
    }

    /// Hummingbird's own lines below warnings say nothing that ours do not.
    private func quiet(_ logger: Logger) -> Logger {
        var logger = logger
        logger.logLevel = max(.warning, logger.logLevel)
        return logger
    }
}
