/// Which connection leads to which key.
struct Routes: Sendable {
    /// The servers that hold keys: one, or the masters of a cluster.
    private(set) var servers: [RedisEndpoint] = []
    /// Which of the servers holds each slot of a cluster; empty: the first holds everything.
    private var owners: [UInt16] = []
    private var links: [RedisEndpoint: RedisLink] = [:]
    /// The name by which the servers know the script.
    private(set) var scriptName = ""
    /// Whether servers have said that keys are elsewhere by now.
    private(set) var isStale = false

    private static let nobody = UInt16.max

    /// Whether there is a connection to every server.
    var isComplete: Bool { !servers.isEmpty && servers.allSatisfy { links[$0] != nil } }
    /// Whether keys are spread over servers, so that one command may name only one key.
    var isCluster: Bool { !owners.isEmpty }

    /// The server that holds the key; nil where nobody does.
    func server(of key: String) -> RedisEndpoint? {
        guard isCluster else { return servers.first }
        let owner = owners[KeySlot.slot(of: key)]
        return owner == Self.nobody ? nil : servers[Int(owner)]
    }

    func link(to server: RedisEndpoint) -> RedisLink? { links[server] }

    /// Forgets a connection that is of no more use.
    mutating func drop(_ server: RedisEndpoint) {
        links[server] = nil
    }

    /// Notes that a slot has moved.
    mutating func move(_ slot: Int, to server: RedisEndpoint) {
        isStale = true
        guard owners.indices.contains(slot) else { return }
        if !servers.contains(server) { servers.append(server) }
        owners[slot] = UInt16(servers.firstIndex(of: server) ?? 0)
    }

    /// Notes that slots are on the move.
    mutating func suspect() {
        isStale = true
    }

    /// Takes over a map of the servers and new connections to some of them; others stay as they are.
    mutating func install(_ map: ServerMap, _ opened: [RedisEndpoint: RedisLink], scriptName: String?) {
        servers = map.servers
        owners = map.owners
        links = links.filter { map.servers.contains($0.key) }.merging(opened) { _, new in new }
        self.scriptName = scriptName ?? self.scriptName
        isStale = false
    }
}

/// Which server holds which keys.
struct ServerMap: Sendable {
    private(set) var servers: [RedisEndpoint] = []
    private(set) var owners: [UInt16] = []

    /// One server that holds everything.
    init(_ server: RedisEndpoint) {
        servers = [server]
    }

    /// What `CLUSTER SLOTS` answers: ranges of slots with their masters; nil where it is something else.
    init?(slots reply: RedisReply, askedAt asked: RedisEndpoint) {
        guard let ranges = reply.list, !ranges.isEmpty else { return nil }
        owners = Array(repeating: .max, count: KeySlot.count)
        for range in ranges {
            guard let parts = range.list, parts.count >= 3, let first = parts[0].integer, let last = parts[1].integer,
                0 <= first, first <= last, last < KeySlot.count, let master = parts[2].list, master.count >= 2,
                let port = master[1].integer, (1...65_535).contains(port)
            else { return nil }
            // A server that does not know its own name leaves it out.
            let host = master[0].text.flatMap { $0.isEmpty ? nil : $0 } ?? asked.host
            let server = RedisEndpoint(host: host, port: Int(port))
            if !servers.contains(server) { servers.append(server) }
            let owner = UInt16(servers.firstIndex(of: server) ?? 0)
            for slot in first...last { owners[Int(slot)] = owner }
        }
    }
}
