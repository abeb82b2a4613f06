import Domain
import Foundation
import Logging
import SQLiteStorage
import ServiceLifecycle
import Testing
import Tokens
import WebAPI

/// How a test wants its server.
struct Hosting: Sendable {
    var limits = ConnectionLimits()
    var trustedProxies = TrustedProxies.none
    /// How passwords are hashed: to no end but that tests are fast.
    var passwords = PasswordWork(cost: .unsafelyCheap)
    /// Brings the keys of those whose reports of leaks are taken; nil: nobody's are.
    var leakKeys: (@Sendable () -> [UInt8]?)?
    var quarantinesLeaks = true
    /// Commands that may wait for the database.
    var capacity = 8_192
    /// Takes the request log, successes included; nil: no log.
    var log: (@Sendable ([UInt8]) -> Void)?
    /// Bytes that may wait to be taken by ``log``.
    var mostLogBytes = 4 * 1_024 * 1_024
    /// Runs before each batch is stored.
    var beforeCommit: @Sendable () throws(StoreFailure) -> Void = {}

    /// Runs a server for as long as the test takes, then has it stop in order.
    func callAsFunction(_ test: (TestServer) async throws -> Void) async throws {
        // In memory where there is such a place: these tests are about HTTP, not about disks.
        let shared = URL(filePath: "/dev/shm")
        let base =
            FileManager.default.isWritableFile(atPath: shared.path) ? shared : FileManager.default.temporaryDirectory
        let folder = base.appending(path: "chat-tokens-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let clock = TestClock()
        let storage = try SQLiteStorage.open(
            path: folder.appending(path: "chat-tokens.db").path, mode: .tool, world: clock.world)
        defer { try? storage.close() }
        let parts = try TestServer.Parts(clock: clock, storage: storage)
        let (ports, port) = AsyncStream<Int>.makeStream()
        let server = TokenServer(settings: settings, parts: serverParts(parts)) { port.yield($0) }
        let group = ServiceGroup(
            configuration: .init(services: [server], gracefulShutdownSignals: [], logger: Self.silence))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { port.finish() }
                try await group.run()
            }
            for await port in ports {
                try await run(test, TestServer(port: port, parts: parts), group)
                break
            }
            try await tasks.waitForAll()
        }
    }

    private func run(
        _ test: (TestServer) async throws -> Void, _ server: TestServer, _ group: ServiceGroup
    ) async throws {
        do {
            try await test(server)
        } catch {
            await group.triggerGracefulShutdown()
            throw error
        }
        await group.triggerGracefulShutdown()
    }

    private var settings: ServerSettings {
        var settings = ServerSettings(
            address: .init(host: "127.0.0.1", port: 0), metrics: nil, eventLoops: nil, trustedProxies: trustedProxies,
            limits: limits)
        settings.passwords = passwords
        // Hundreds of servers with loops of their own would leave thousands of threads and files open behind them.
        settings.sharesEventLoops = true
        return settings
    }

    private func serverParts(_ parts: TestServer.Parts) -> ServerParts {
        let world = parts.clock.world
        let storage = parts.storage
        let metrics = ServerMetrics(registry: parts.registry)
        let batcher = Batcher<IssueCommand, IssueOutcome>(
            label: "test.issue", capacity: capacity, world: world,
            commit: { [beforeCommit] (commands) throws(StoreFailure) in
                try beforeCommit()
                return try storage.issue(commands)
            }, observe: { metrics.observe($0) })
        return ServerParts(
            directory: parts.directory,
            issue: IssueTokens(directory: parts.directory, batcher: batcher), refreshKey: parts.refreshKey,
            revocations: parts.revocations, storage: storage, vault: parts.vault, world: world, metrics: metrics,
            registry: parts.registry,
            log: RequestLog(
                includesSuccesses: log != nil, world: world, mostBytes: mostLogBytes, write: log ?? { _ in }),
            logger: Self.silence,
            leakReporters: leakKeys.map { LeakReporters(world: world, fetch: $0) },
            quarantinesLeaks: quarantinesLeaks)
    }

    private static let silence = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

/// Runs a server with the usual limits.
func withServer(_ test: (TestServer) async throws -> Void) async throws {
    try await Hosting()(test)
}
