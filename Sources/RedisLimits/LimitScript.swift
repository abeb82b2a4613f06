internal import Domain

/// The rate limit of ``RateLimit`` as Redis carries it out: the same algorithm, in one step for all who ask.
///
/// Lua reckons with doubles, which count nanoseconds exactly up to 2^53, 104 days. So no time since 1970 appears in
/// it: what is stored is by how much the TAT was ahead of the clock, and when that was, in seconds and nanoseconds.
/// A clock that goes back, as after a change of servers, neither gives a burst away nor refuses for longer.
package struct LimitScript: Sendable {
    /// The script's text.
    let text: String

    /// The script by the clock of Redis, or for tests by another: Lua that sets `seconds` and `nanoseconds`.
    package init(clock: String = Self.redisClock) {
        text = clock + Self.body
    }

    /// Redis's own clock, which counts microseconds.
    package static let redisClock = """
        local time = redis.call('TIME')
        local seconds, nanoseconds = tonumber(time[1]), tonumber(time[2]) * 1000

        """

    /// What follows the clock.
    ///
    /// KEYS: the limits. ARGV: for each its interval and tolerance in nanoseconds, and how many requests ask. Answer:
    /// the clock's seconds and nanoseconds, then for each limit how far its TAT was ahead.
    private static let body = """
        local answer = {seconds, nanoseconds}
        for index, key in ipairs(KEYS) do
            local interval = tonumber(ARGV[index * 3 - 2])
            local tolerance = tonumber(ARGV[index * 3 - 1])
            local count = tonumber(ARGV[index * 3])
            local ahead, passed = 0, 0
            local wentBack = false
            local stored = redis.call('GET', key)
            if stored then
                local then_seconds, then_nanoseconds, was = string.match(stored, '^(%d+) (%d+) (%d+)$')
                if was then
                    local elapsed = (seconds - then_seconds) * 1000000000 + (nanoseconds - then_nanoseconds)
                    wentBack = elapsed < 0
                    ahead = math.max(0, was - math.max(0, elapsed))
                end
            end
            answer[index + 2] = ahead
            passed = math.max(0, math.min(count, math.floor((tolerance - ahead) / interval)))
            if passed > 0 or wentBack then
                ahead = ahead + passed * interval
                local value = string.format('%.0f %.0f %.0f', seconds, nanoseconds, ahead)
                redis.call('SET', key, value, 'EX', string.format('%.0f', math.ceil(ahead / 1000000000) + 60))
            end
        end
        return answer
        """

    /// The key of a tenant's limit; in a cluster the part in braces decides where it lives.
    static func key(of tenant: Tenant.ID) -> String { "chat-tokens:limit:{\(tenant.text)}" }

    /// What the script is told of one spend.
    static func arguments(of spend: LimitSpend) -> [String] {
        [String(spend.limit.interval), String(spend.limit.tolerance), String(spend.count)]
    }
}

/// How nodes make themselves known to each other.
enum PulseScript {
    /// Where they do, and for how long one pulse counts.
    static let key = "chat-tokens:{nodes}", milliseconds = 10_000

    /// Adds this node and takes away those that were not heard of lately.
    ///
    /// KEYS: the set of nodes. ARGV: this node's name, and for how many milliseconds it counts. Answer: how many
    /// there are.
    static let text = """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        redis.call('ZADD', KEYS[1], now, ARGV[1])
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
        redis.call('PEXPIRE', KEYS[1], ARGV[2])
        return redis.call('ZCARD', KEYS[1])
        """
}
