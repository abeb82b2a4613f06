package import Domain
internal import CoreMetrics
internal import Synchronization

/// What the server counts.
///
/// No label ever names a tenant, a user or a key.
package final class ServerMetrics: Sendable {
    private struct Labels: Hashable {
        let route: String, method: String, status: Int, lane: Lane
    }

    /// What counts the answers with one combination of labels.
    struct Series {
        fileprivate let count: any CounterHandler
        fileprivate let duration: any TimerHandler
    }

    private let registry: PrometheusRegistry
    private let requests = Mutex<[Labels: Series]>([:])
    private let batchSize: any RecorderHandler
    private let batchDuration: any TimerHandler
    private let storageErrors: any CounterHandler
    private let refusals: [Failure.Code: any CounterHandler]

    /// Metrics that are rendered by the registry.
    package init(registry: PrometheusRegistry) {
        self.registry = registry
        registry.describe("chat_tokens_http_requests_total", "Requests answered, by route template, status and lane.")
        registry.describe(
            "chat_tokens_http_request_duration_seconds",
            "Time from a request's head to its answer, by route template and lane.")
        registry.describe("chat_tokens_batch_size", "Commands in one database transaction.")
        registry.describe("chat_tokens_batch_duration_seconds", "Time one database transaction of a batch took.")
        registry.describe("chat_tokens_storage_errors_total", "Batches that failed as a whole.")
        registry.describe("chat_tokens_refusals_total", "Requests refused for a limit or for their key, by error code.")
        batchSize = registry.makeRecorder(label: "chat_tokens_batch_size", dimensions: [], aggregate: true)
        batchDuration = registry.makeTimer(label: "chat_tokens_batch_duration_seconds", dimensions: [])
        storageErrors = registry.makeCounter(label: "chat_tokens_storage_errors_total", dimensions: [])
        let codes: [Failure.Code] = [
            .rateLimited, .quotaExceeded, .apiKeyMissing, .apiKeyInvalid, .apiKeyRevoked, .apiKeyExpired,
            .apiKeyQuarantined, .addressNotAllowed, .scopeMissing, .tenantSuspended,
        ]
        refusals = Dictionary(
            uniqueKeysWithValues: codes.map { code in
                let dimensions = [("code", code.rawValue)]
                return (code, registry.makeCounter(label: "chat_tokens_refusals_total", dimensions: dimensions))
            })
    }

    /// Counts one batch.
    package func observe<Item, Answer>(_ observation: Batcher<Item, Answer>.Observation) {
        batchSize.record(Int64(observation.count))
        batchDuration.recordNanoseconds(observation.nanoseconds)
        if observation.failure != nil { storageErrors.increment(by: 1) }
    }

    /// The series that an answer belongs to.
    func series(of answer: Answer) -> Series {
        let labels = Labels(route: answer.route, method: answer.method, status: answer.status, lane: answer.lane)
        return requests.withLock { requests in
            if let known = requests[labels] { return known }
            let made = make(labels)
            requests[labels] = made
            return made
        }
    }

    func observe(_ answer: Answer, in series: Series) {
        series.count.increment(by: 1)
        series.duration.recordNanoseconds(answer.nanoseconds)
        if let code = answer.code { refusals[code]?.increment(by: 1) }
    }

    private func make(_ labels: Labels) -> Series {
        let route = [("route", labels.route), ("method", labels.method), ("lane", labels.lane.rawValue)]
        return Series(
            count: registry.makeCounter(
                label: "chat_tokens_http_requests_total", dimensions: route + [("status", String(labels.status))]),
            duration: registry.makeTimer(
                label: "chat_tokens_http_request_duration_seconds", dimensions: route))
    }

    /// Has gauges of the server's inner state brought up to date at each scrape.
    package func watch(directory: Directory, queueDepth: @escaping @Sendable () -> Int, world: World) {
        let entries = ["keys", "tenants", "absent"].map { kind in
            gauge("chat_tokens_directory_entries", "Entries held in memory.", [("kind", kind)])
        }
        let lookups = ["hit", "miss"].map { result in
            gauge(
                "chat_tokens_directory_lookups", "Look-ups of keys and tenants in memory since the start.",
                [("result", result)])
        }
        let lag = gauge("chat_tokens_change_log_lag_seconds", "Time since memory was in step with the database.", [])
        let depth = gauge("chat_tokens_batch_queue_depth", "Commands waiting for the next transaction.", [])
        let revocations = gauge("chat_tokens_revocations", "Revocations held in memory.", [])
        let memory = gauge("process_resident_memory_bytes", "Resident memory of the process.", [])
        registry.beforeRendering {
            let counts = directory.counts
            for (gauge, value) in zip(entries, [counts.keys, counts.tenants, counts.absent]) { gauge.set(Int64(value)) }
            let found = directory.lookups
            for (gauge, value) in zip(lookups, [found.hits, found.misses]) { gauge.set(value) }
            lag.set(Double(directory.staleness(now: world.monotonicNanoseconds())) / 1e9)
            depth.set(Int64(queueDepth()))
            revocations.set(Int64(directory.revocations.count))
            if let bytes = ProcessMemory.residentBytes() { memory.set(bytes) }
        }
    }

    private func gauge(_ name: String, _ help: String, _ dimensions: [(String, String)]) -> any MeterHandler {
        registry.describe(name, help)
        return registry.makeMeter(label: name, dimensions: dimensions)
    }
}
