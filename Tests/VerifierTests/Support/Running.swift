import AsyncHTTPClient
import Logging
import Testing
import TestSupport
import TokenVerifier

/// Runs a verifier beside the body, and ends it.
func withVerifier<Result: Sendable>(
    _ settings: OfflineVerifier.Settings, _ clock: TestClock = TestClock(), client: HTTPClient? = nil,
    waitUntilReady: Bool = true,
    _ body: (OfflineVerifier) async throws -> Result
) async throws -> Result {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let verifier = try OfflineVerifier(settings, client: client, logger: logger, clock: clock.clock)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await verifier.run() }
        defer { group.cancelAll() }
        if waitUntilReady { try await eventually { verifier.isReady } }
        return try await body(verifier)
    }
}

extension OfflineVerifier {
    /// Why a token is refused; nil where it passes.
    func refusal(_ token: String) async -> Refusal? {
        do throws(Refusal) {
            _ = try await verify(token)
            return nil
        } catch {
            return error
        }
    }
}
