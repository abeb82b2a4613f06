internal import Logging
internal import WebAPI

extension Assembly {
    /// What ends connections at Centrifugo, where the settings name one.
    func disconnections(registry: PrometheusRegistry, logger: Logger) -> Disconnections? {
        installation.settings.centrifugo.map { centrifugo in
            let metrics = DisconnectionMetrics(registry: registry)
            let disconnections = Disconnections(
                address: centrifugo.address, key: centrifugo.key, world: installation.world, logger: logger,
                observe: metrics.observe)
            metrics.watch(depth: { disconnections.depth })
            return disconnections
        }
    }
}
