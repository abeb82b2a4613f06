/// Why Redis did not do what it was asked to; for the log, never for an answer.
package enum RedisFailure: Error, Sendable {
    /// No connection to the server: refused, timed out, no such name.
    case unreachable(RedisEndpoint, cause: String)
    /// The connection broke, or no answer came in time.
    case silent(RedisEndpoint, cause: String)
    /// The server answered with an error.
    case refused(RedisEndpoint, text: String)
    /// No sentinel names the master.
    case masterUnknown(String)
    /// No server of the cluster holds some of the keys.
    case uncovered
    /// The answer makes no sense: that is no Redis.
    case malformed(RedisEndpoint)
}

extension RedisFailure: CustomStringConvertible {
    /// What happened, for the operator.
    package var description: String {
        switch self {
        case .unreachable(let endpoint, let cause): "cannot connect to Redis at \(endpoint): \(cause)"
        case .silent(let endpoint, let cause): "Redis at \(endpoint) does not answer: \(cause)"
        case .refused(let endpoint, let text): "Redis at \(endpoint) refuses: \(text)"
        case .masterUnknown(let master): "no sentinel knows a reachable master named \(master)"
        case .uncovered: "no server of the Redis cluster holds some of the keys"
        case .malformed(let endpoint): "what answers at \(endpoint) is not Redis as we know it"
        }
    }
}
