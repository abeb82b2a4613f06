internal import Domain

/// One batch of spends on its way to Redis and back.
struct SpendExchange {
    /// Some of the spends, for one server.
    private struct Call {
        var server: RedisEndpoint
        let places: [Int]
        /// The server holds the keys only for who says that he was sent.
        var isAsking = false
        /// The server was found not to know the script by name.
        var sendsText = false
    }

    private let spends: [LimitSpend]
    /// The keys of each spend.
    private let keys: [[String]]
    private let script: LimitScript
    private(set) var standings: [LimitStanding?]
    /// Why some standings are nil.
    private(set) var failure: RedisFailure?

    /// What a clock may say: until 2223, so that no sum of nanoseconds overflows.
    private static let seconds: Range<Int64> = 0..<8_000_000_000

    /// A key may be found not where it was thought, then on the move, and the script be missing there.
    private static let mostRounds = 4

    init(_ spends: [LimitSpend], script: LimitScript) {
        self.spends = spends
        self.script = script
        keys = spends.map(LimitScript.keys)
        standings = Array(repeating: nil, count: spends.count)
    }

    /// Asks every server at once, follows those that point elsewhere, and drops the connections that fail.
    mutating func run(on routes: inout Routes) {
        var calls = firstCalls(routes)
        for _ in 0..<Self.mostRounds where !calls.isEmpty {
            let sent = calls.filter { send($0, routes: &routes) }
            calls = sent.flatMap { receive($0, routes: &routes) }
        }
        if let call = calls.first { failure = .refused(call.server, text: "it points elsewhere again and again") }
    }

    private mutating func firstCalls(_ routes: Routes) -> [Call] {
        guard routes.isCluster else {
            return routes.servers.first.map { [Call(server: $0, places: Array(spends.indices))] } ?? []
        }
        // One tenant's limits live together, those of two perhaps not even when they are on one server.
        var tenants: [Tenant.ID] = []
        let places = Dictionary(grouping: spends.indices) { place in
            let tenant = spends[place].tenant
            if tenants.last != tenant { tenants.append(tenant) }
            return tenant
        }
        var seen: Set<Tenant.ID> = []
        var calls: [Call] = []
        for tenant in tenants where seen.insert(tenant).inserted {
            guard let places = places[tenant], let server = keys[places[0]].first.flatMap(routes.server) else {
                failure = .uncovered
                continue
            }
            calls.append(Call(server: server, places: places))
        }
        return calls
    }

    private mutating func send(_ call: Call, routes: inout Routes) -> Bool {
        guard let link = routes.link(to: call.server) else {
            routes.suspect()
            failure = failure ?? .unreachable(call.server, cause: "there is no connection")
            return false
        }
        do throws(RedisFailure) {
            try link.send(commands(call, scriptName: routes.scriptName))
            return true
        } catch {
            routes.drop(call.server)
            failure = error
            return false
        }
    }

    private func commands(_ call: Call, scriptName: String) -> RedisCommands {
        var commands = RedisCommands()
        if call.isAsking { commands.append(["ASKING"]) }
        let head = call.sendsText ? ["EVAL", script.text] : ["EVALSHA", scriptName]
        commands.append(
            head + [String(call.places.reduce(0) { $0 + keys[$1].count })] + call.places.flatMap { keys[$0] }
                + call.places.flatMap { LimitScript.arguments(of: spends[$0]) })
        return commands
    }

    /// Takes a call's answer; returns what has to be asked instead.
    private mutating func receive(_ call: Call, routes: inout Routes) -> [Call] {
        // Another call may have found out that the connection is dead.
        guard let link = routes.link(to: call.server) else { return [] }
        do throws(RedisFailure) {
            if call.isAsking { _ = try link.receive() }
            let reply = try link.receive()
            if case .error(let text) = reply {
                return [try redirected(call, by: text, routes: &routes)]
            }
            try take(reply, of: call)
        } catch {
            routes.drop(call.server)
            failure = error
        }
        return []
    }

    private func redirected(_ call: Call, by text: String, routes: inout Routes) throws(RedisFailure) -> Call {
        var call = call
        let words = text.split(separator: " ")
        switch words.first {
        case "NOSCRIPT" where !call.sendsText:
            call.sendsText = true
        case "MOVED", "ASK":
            guard words.count == 3, let slot = Int(words[1]), let server = target(words[2], asked: call.server) else {
                throw .refused(call.server, text: text)
            }
            call.server = server
            call.isAsking = words.first == "ASK"
            if call.isAsking { routes.suspect() } else { routes.move(slot, to: server) }
        default: throw .refused(call.server, text: text)
        }
        return call
    }

    /// The server that a redirection names; without a host it is on the one that was asked.
    private func target(_ text: Substring, asked: RedisEndpoint) -> RedisEndpoint? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65_535).contains(port)
        else { return nil }
        let host = text[..<colon]
        return RedisEndpoint(host: host.isEmpty ? asked.host : String(host), port: port)
    }

    private mutating func take(_ reply: RedisReply, of call: Call) throws(RedisFailure) {
        let expected = call.places.reduce(2) { $0 + keys[$1].count }
        guard let numbers = reply.list?.compactMap(\.integer), numbers.count == expected else {
            throw .malformed(call.server)
        }
        guard Self.seconds.contains(numbers[0]), (0..<1_000_000_000).contains(numbers[1]) else {
            throw .malformed(call.server)
        }
        let now = numbers[0] * 1_000_000_000 + numbers[1]
        var rest = numbers.dropFirst(2).map { now + min(max(0, $0), RateLimit.longestTolerance) }[...]
        for place in call.places {
            standings[place] = LimitStanding(now: now, arrivals: Array(rest.prefix(keys[place].count)))
            rest = rest.dropFirst(keys[place].count)
        }
    }
}
