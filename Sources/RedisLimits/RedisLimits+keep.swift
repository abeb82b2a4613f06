internal import Domain
internal import Synchronization

extension RedisLimits {
    /// Makes the connections that are missing and lets other nodes know of this one, as far as either is due.
    ///
    /// Blocks for a second or so at most for each server that does not answer. To be called every 100 ms or so, by one
    /// thread at a time.
    package func keep() {
        let now = world.monotonicNanoseconds()
        do throws(RedisFailure) {
            if !isWhole, pace.withLock({ $0.mayConnect(at: now) }) {
                try connect()
                pace.withLock { $0.connected(at: now) }
            }
        } catch {
            let jitter = world.randomBytes(1)[0]
            fall(error)
            pace.withLock { $0.failed(at: world.monotonicNanoseconds(), jitter: jitter) }
        }
        do throws(RedisFailure) {
            if pace.withLock({ $0.mustPulse(at: now) }), try pulse(), isWhole { rise() }
        } catch {
            fall(error)
        }
    }

    /// Tells the other nodes that this one is going; as far as that is possible.
    package func leave() {
        routes.withLock { routes in
            guard let server = routes.server(of: PulseScript.key) else { return }
            _ = try? routes.link(to: server)?.ask("ZREM", PulseScript.key, name)
        }
    }

    /// Connects to every server, for `chat-tokens doctor`; throws where one does not answer as it should.
    ///
    /// - Returns: the servers.
    package func probe() throws(RedisFailure) -> [RedisEndpoint] {
        try connect()
        return routes.withLock { $0.servers }
    }

    /// Whether nothing is missing.
    private var isWhole: Bool { routes.withLock { $0.isComplete && !$0.isStale } }

    /// Counts the nodes, this one among them; false where there is no connection to ask on.
    private func pulse() throws(RedisFailure) -> Bool {
        let reply = try routes.withLock { routes throws(RedisFailure) in try askNodes(&routes) }
        guard let reply else { return false }
        let now = world.monotonicNanoseconds()
        let isSettled = pace.withLock { pace in
            pace.pulsed(at: now)
            return now - pace.connectedAt > Int64(PulseScript.milliseconds) * 1_000_000
        }
        // After an outage the others may not have come back yet; until they must have, nobody is counted out.
        let found = Int(reply.integer ?? 1)
        if found > nodes || isSettled { count(found) }
        return true
    }

    private func askNodes(_ routes: inout Routes) throws(RedisFailure) -> RedisReply? {
        guard let server = routes.server(of: PulseScript.key), let link = routes.link(to: server) else { return nil }
        do throws(RedisFailure) {
            return try link.ask(
                "EVAL", PulseScript.text, "1", PulseScript.key, name, String(PulseScript.milliseconds))
        } catch {
            routes.drop(server)
            throw error
        }
    }
}
