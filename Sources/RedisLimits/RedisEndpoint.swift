/// Where a Redis server listens.
package struct RedisEndpoint: Sendable, Hashable {
    /// A name or an IP address.
    package let host: String
    /// The TCP port.
    package let port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `host`, `host:port`, `[v6]` or `[v6]:port`; nil for anything else.
    init?(_ text: Substring, defaultPort: Int) {
        var host = text
        var port: Substring?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = text.lastIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
            guard !host.contains(":") else { return nil }
        }
        let number = port.map { Int($0) } ?? defaultPort
        guard !host.isEmpty, let number, (1...65_535).contains(number) else { return nil }
        self.init(host: String(host), port: number)
    }
}

extension RedisEndpoint: CustomStringConvertible {
    /// `host:port`, an IPv6 address in brackets.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
