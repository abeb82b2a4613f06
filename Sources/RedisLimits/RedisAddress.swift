/// Where the shared limits are kept, as a URL says it.
package struct RedisAddress: Sendable, Equatable {
    /// How the server that holds a key is found.
    enum Kind: Sendable, Equatable {
        /// There is only this one.
        case single(RedisEndpoint)
        /// The sentinels know which server is the master of that name.
        case sentinel([RedisEndpoint], master: String)
        /// Any of these knows all servers of the cluster.
        case cluster([RedisEndpoint])
    }

    let kind: Kind
    /// Who logs in; nil: the default user.
    let user: String?
    /// What the user logs in with; nil: nobody logs in.
    let password: String?
    /// The number of the database.
    let database: Int

    /// What a URL has to be, to complete "must be …".
    package static let rule = """
        redis://[[user]:password@]host[:port][/database], redis+sentinel://[…@]host[:port],…/master[/database] or \
        redis+cluster://[…@]host[:port],… (TLS, rediss://, is not supported: let a proxy on this machine speak it)
        """

    /// Reads a URL; nil where it breaks ``rule``.
    package init?(_ url: String) {
        guard let scheme = url.firstRange(of: "://") else { return nil }
        var rest = url[scheme.upperBound...]
        var login: (user: String?, password: String?) = (nil, nil)
        if let at = rest.lastIndex(of: "@") {
            guard let found = Self.login(rest[..<at]) else { return nil }
            login = found
            rest = rest[rest.index(after: at)...]
        }
        (user, password) = login
        let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
        guard let servers = parts.first else { return nil }
        let path = parts.dropFirst().filter { !$0.isEmpty }
        guard
            let found = Self.kind(String(url[..<scheme.lowerBound]), servers: servers, path: Array(path)),
            (0...9_999).contains(found.database)
        else { return nil }
        (kind, database) = found
    }

    private static func kind(
        _ scheme: String, servers: Substring, path: [Substring]
    ) -> (kind: Kind, database: Int)? {
        let hosts = servers.split(separator: ",", omittingEmptySubsequences: false)
        let endpoints = hosts.compactMap { RedisEndpoint($0, defaultPort: scheme == "redis+sentinel" ? 26_379 : 6_379) }
        guard endpoints.count == hosts.count, let first = endpoints.first else { return nil }
        switch (scheme, path.count) {
        case ("redis", 0...1) where endpoints.count == 1:
            return path.first.map { Int($0) ?? -1 }.map { (.single(first), $0) } ?? (.single(first), 0)
        case ("redis+sentinel", 1...2):
            return (.sentinel(endpoints, master: String(path[0])), path.count == 2 ? Int(path[1]) ?? -1 : 0)
        // A cluster has one database.
        case ("redis+cluster", 0): return (.cluster(endpoints), 0)
        default: return nil
        }
    }

    private static func login(_ text: Substring) -> (user: String?, password: String?)? {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        guard let user = unescaped(text[..<colon]), let password = unescaped(text[text.index(after: colon)...]),
            !password.isEmpty
        else { return nil }
        return (user.isEmpty ? nil : user, password)
    }

    /// The text with its percent escapes resolved (RFC 3986 §2.1); nil where one is malformed.
    private static func unescaped(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let digits = String(rest.prefix(2)), digits.utf8.count == 2, let value = UInt8(digits, radix: 16)
            else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension RedisAddress {
    /// The URL without the password.
    package var shown: String {
        let login = password == nil ? "" : "\(user ?? ""):(hidden)@"
        let path = database == 0 ? "" : "/\(database)"
        return switch kind {
        case .single(let endpoint): "redis://\(login)\(endpoint)\(path)"
        case .sentinel(let endpoints, let master): "redis+sentinel://\(login)\(Self.list(endpoints))/\(master)\(path)"
        case .cluster(let endpoints): "redis+cluster://\(login)\(Self.list(endpoints))"
        }
    }

    private static func list(_ endpoints: [RedisEndpoint]) -> String {
        endpoints.map(\.description).joined(separator: ",")
    }
}
