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
    /// KEYS: the limits of one spend after the other. ARGV: for each spend how many requests ask and how many limits it
    /// has, then for each limit interval and tolerance in nanoseconds and 1 where it only reports. Answer: the clock's
    /// seconds and nanoseconds, then for each limit of each spend how far its TAT was ahead, as far as the limit can have
    /// brought it.
    private static let body = """
        local answer = {seconds, nanoseconds}
        local ahead, is_changed = {}, {}
        local function read(key)
            ahead[key] = 0
            local stored = redis.call('GET', key)
            if stored then
                local then_seconds, then_nanoseconds, was = string.match(stored, '^(%d+) (%d+) (%d+)$')
                if was then
                    local elapsed = (seconds - then_seconds) * 1000000000 + (nanoseconds - then_nanoseconds)
                    if elapsed < 0 then is_changed[key] = true end
                    ahead[key] = math.max(0, was - math.max(0, elapsed))
                end
            end
        end
        local function look(key, tolerance)
            if not ahead[key] then read(key) end
            if ahead[key] > tolerance + \(RateLimit.unevenness) then
                ahead[key] = tolerance
                is_changed[key] = true
            end
            return ahead[key]
        end
        local place, argument = 0, 1
        while ARGV[argument] do
            local passed, limits = tonumber(ARGV[argument]), tonumber(ARGV[argument + 1])
            local room = {}
            for limit = 1, limits do
                local at = argument + limit * 3 - 1
                local tolerance = tonumber(ARGV[at + 1])
                local was = look(KEYS[place + limit], tolerance)
                answer[#answer + 1] = was
                room[limit] = math.max(0, math.floor((tolerance - was) / tonumber(ARGV[at])))
                if ARGV[at + 2] == '0' then passed = math.min(passed, room[limit]) end
            end
            for limit = 1, limits do
                local key, spent = KEYS[place + limit], math.min(passed, room[limit])
                if spent > 0 then
                    ahead[key] = ahead[key] + spent * tonumber(ARGV[argument + limit * 3 - 1])
                    is_changed[key] = true
                end
            end
            place = place + limits
            argument = argument + 2 + limits * 3
        end
        for _, key in ipairs(KEYS) do
            if is_changed[key] then
                is_changed[key] = false
                local value = string.format('%.0f %.0f %.0f', seconds, nanoseconds, ahead[key])
                redis.call('SET', key, value, 'EX', string.format('%.0f', math.ceil(ahead[key] / 1000000000) + 60))
            end
        end
        return answer
        """

    /// The keys of a spend's limits; in a cluster the part in braces decides where they live, so that they live
    /// together.
    static func keys(of spend: LimitSpend) -> [String] {
        spend.parts.map { part in
            let ofTenant = "chat-tokens:limit:{\(spend.tenant.text)}"
            return switch part.subject {
            case .tenant: ofTenant
            case .key(let id): "\(ofTenant):key:\(id.text)"
            case .user(let id): "\(ofTenant):user:\(id.text)"
            case .grant(let id): "\(ofTenant):grant:\(id)"
            }
        }
    }

    /// What the script is told of one spend.
    static func arguments(of spend: LimitSpend) -> [String] {
        [String(spend.count), String(spend.parts.count)]
            + spend.parts.flatMap { part in
                [String(part.limit.interval), String(part.limit.tolerance), part.isShadow ? "1" : "0"]
            }
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
