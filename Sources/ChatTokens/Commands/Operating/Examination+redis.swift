internal import RedisLimits

extension Examination {
    /// Whether the Redis of the shared limits answers; nothing where none is set.
    mutating func examineRedis(_ settings: Settings) {
        guard let address = settings.redis else { return }
        do throws(RedisFailure) {
            let servers = try RedisLimits(address: address, world: world).probe()
            note("Redis", .fine, "\(servers.map(\.description).joined(separator: ", ")) answers")
        } catch {
            // Each node goes on with its share of the limits, so nothing is broken but their exactness.
            note("Redis", .broken, error.description)
        }
    }
}
