internal import Domain
internal import Logging
internal import RedisLimits
internal import WebAPI

extension Assembly {
    /// The limits in Redis, where the settings name one; nobody has connected yet.
    func redisLimits(_ logger: Logger) -> RedisLimits? {
        installation.settings.redis.map { address in
            RedisLimits(address: address, world: installation.world) { event in
                switch event {
                case .up(let nodes):
                    logger.notice("rate limits are shared", metadata: ["nodes": "\(nodes)"])
                case .down(let failure, let nodes):
                    logger.error(
                        "rate limits are not shared: this node keeps to its part of each",
                        metadata: ["cause": "\(failure)", "nodes": "\(nodes)"])
                }
            }
        }
    }

    /// The way of requests to those limits.
    func queue(for limits: RedisLimits, registry: PrometheusRegistry) -> SharedLimitQueue {
        let limiter = SharedLimiter(limits: limits, world: installation.world)
        let metrics = SharedLimitMetrics(registry: registry)
        let queue = SharedLimitQueue(limiter: limiter, world: installation.world, observe: metrics.observe)
        metrics.watch(
            limiter, isUp: { limits.isUp }, nodes: { limits.nodes }, queueDepth: { queue.depth })
        return queue
    }
}
