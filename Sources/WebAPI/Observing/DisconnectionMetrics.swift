internal import CoreMetrics

/// What is counted of the connections that Centrifugo is to end.
package struct DisconnectionMetrics: Sendable {
    private let registry: PrometheusRegistry
    private let outcomes: [Disconnections.Outcome: any CounterHandler]

    /// Metrics that are rendered by the registry.
    package init(registry: PrometheusRegistry) {
        self.registry = registry
        let name = "chat_tokens_centrifugo_disconnects_total"
        registry.describe(name, "Users whose connections Centrifugo was to end, by what became of it.")
        outcomes = Dictionary(
            uniqueKeysWithValues: Disconnections.Outcome.allCases.map { outcome in
                (outcome, registry.makeCounter(label: name, dimensions: [("outcome", outcome.rawValue)]))
            })
    }

    /// Counts one user.
    package func observe(_ outcome: Disconnections.Outcome) {
        outcomes[outcome]?.increment(by: 1)
    }

    /// Has a gauge of the queue brought up to date at each scrape.
    package func watch(depth: @escaping @Sendable () -> Int) {
        let name = "chat_tokens_centrifugo_queue_depth"
        registry.describe(name, "Users whose connections Centrifugo has yet to end.")
        let gauge = registry.makeMeter(label: name, dimensions: [])
        registry.beforeRendering { gauge.set(Int64(depth())) }
    }
}
