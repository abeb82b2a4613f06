internal import CoreMetrics
package import Domain

/// What is counted of the limits that nodes share.
package struct SharedLimitMetrics: Sendable {
    private let registry: PrometheusRegistry
    private let batchSize: any RecorderHandler
    private let batchDuration: any TimerHandler

    /// Metrics that are rendered by the registry.
    package init(registry: PrometheusRegistry) {
        self.registry = registry
        registry.describe("chat_tokens_shared_limits_batch_size", "Requests in one round trip to the shared limits.")
        registry.describe(
            "chat_tokens_shared_limits_duration_seconds", "Time one round trip to the shared limits took.")
        batchSize = registry.makeRecorder(
            label: "chat_tokens_shared_limits_batch_size", dimensions: [], aggregate: true)
        batchDuration = registry.makeTimer(label: "chat_tokens_shared_limits_duration_seconds", dimensions: [])
    }

    /// Counts one round trip.
    package func observe(_ observation: Batcher<Spending, LimitVerdict>.Observation) {
        batchSize.record(Int64(observation.count))
        batchDuration.recordNanoseconds(observation.nanoseconds)
    }

    /// Has gauges of the limits' state brought up to date at each scrape.
    package func watch(
        _ limiter: SharedLimiter, isUp: @escaping @Sendable () -> Bool, nodes: @escaping @Sendable () -> Int,
        queueDepth: @escaping @Sendable () -> Int
    ) {
        let up = gauge(
            "chat_tokens_shared_limits_up", "1 while Redis keeps the limits, 0 while each node keeps its share.")
        let count = gauge("chat_tokens_shared_limits_nodes", "Nodes that shared the limits when last counted.")
        let depth = gauge("chat_tokens_shared_limits_queue_depth", "Requests waiting for the next round trip.")
        let decisions = ["redis", "share"].map { keeper in
            gauge(
                "chat_tokens_shared_limits_decisions",
                "Requests decided since the start, by Redis and by this node's share.", [("by", keeper)])
        }
        registry.beforeRendering {
            up.set(isUp() ? 1 : 0 as Int64)
            count.set(Int64(nodes()))
            depth.set(Int64(queueDepth()))
            let counts = limiter.counts
            for (gauge, value) in zip(decisions, [counts.shared, counts.alone]) { gauge.set(value) }
        }
    }

    private func gauge(_ name: String, _ help: String, _ dimensions: [(String, String)] = []) -> any MeterHandler {
        registry.describe(name, help)
        return registry.makeMeter(label: name, dimensions: dimensions)
    }
}
