internal import Domain
internal import Synchronization

/// Finding the servers and connecting to them.
extension RedisLimits {
    /// Finds the servers and connects to those to which there is no connection.
    func connect() throws(RedisFailure) {
        switch address.kind {
        case .single(let server): try install(ServerMap(server))
        case .sentinel(let sentinels, let master): try install(ServerMap(findMaster(master, among: sentinels)))
        case .cluster(let seeds): try install(findMap(seeds))
        }
    }

    /// Connects where need be, and has spends take the new routes; throws afterwards if a server could not be reached.
    private func install(_ map: ServerMap) throws(RedisFailure) {
        var opened: [RedisEndpoint: RedisLink] = [:]
        var scriptName: String?
        var failure: RedisFailure?
        for server in map.servers where routes.withLock({ $0.link(to: server) == nil }) {
            do throws(RedisFailure) {
                let link = try open(server)
                scriptName = try link.ask("SCRIPT", "LOAD", script.text).text
                opened[server] = link
            } catch {
                failure = error
            }
        }
        routes.withLock { $0.install(map, opened, scriptName: scriptName) }
        if let failure { throw failure }
    }

    /// A connection on which this node has logged in and chosen its database.
    private func open(_ server: RedisEndpoint) throws(RedisFailure) -> RedisLink {
        let link = try RedisLink(to: server, patience: patience)
        try logIn(link)
        if address.database != 0 { _ = try link.ask("SELECT", String(address.database)) }
        return link
    }

    private func logIn(_ link: RedisLink) throws(RedisFailure) {
        guard let password = address.password else { return }
        do throws(RedisFailure) {
            if let user = address.user {
                _ = try link.ask("AUTH", user, password)
            } else {
                _ = try link.ask("AUTH", password)
            }
        } catch {
            // A server that does not know the command repeats what it was given.
            guard case .refused(let server, let text) = error, text.contains(password) else { throw error }
            throw .refused(server, text: "AUTH (its answer repeats the password)")
        }
    }

    /// Asks the sentinels one after the other.
    private func findMaster(_ master: String, among sentinels: [RedisEndpoint]) throws(RedisFailure) -> RedisEndpoint {
        var failure = RedisFailure.masterUnknown(master)
        for sentinel in sentinels {
            do throws(RedisFailure) {
                let link = try RedisLink(to: sentinel, patience: patience)
                let words = try askSentinel(link, master).list?.compactMap(\.text) ?? []
                guard words.count == 2 else { continue }
                guard let port = Int(words[1]), (1...65_535).contains(port) else { throw .malformed(sentinel) }
                return RedisEndpoint(host: words[0], port: port)
            } catch {
                failure = error
            }
        }
        throw failure
    }

    /// Sentinels often want no password where the servers do.
    private func askSentinel(_ link: RedisLink, _ master: String) throws(RedisFailure) -> RedisReply {
        do throws(RedisFailure) {
            return try link.ask("SENTINEL", "get-master-addr-by-name", master)
        } catch {
            guard case .refused(_, let text) = error, text.hasPrefix("NOAUTH") else { throw error }
            try logIn(link)
            return try link.ask("SENTINEL", "get-master-addr-by-name", master)
        }
    }

    /// Asks the servers of a cluster one after the other which of them holds what.
    private func findMap(_ seeds: [RedisEndpoint]) throws(RedisFailure) -> ServerMap {
        let known = routes.withLock { routes in
            routes.servers.filter { routes.link(to: $0) != nil } + seeds + routes.servers
        }
        var failure: RedisFailure?
        var asked: Set<RedisEndpoint> = []
        for server in known where asked.insert(server).inserted {
            do throws(RedisFailure) {
                let reply = try open(server).ask("CLUSTER", "SLOTS")
                guard let map = ServerMap(slots: reply, askedAt: server) else { throw .malformed(server) }
                return map
            } catch {
                failure = failure ?? error
            }
        }
        throw failure ?? .uncovered
    }
}
