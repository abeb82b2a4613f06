/// The proxies whose word is taken for where a request came from.
package struct TrustedProxies: Sendable {
    /// No proxy is believed.
    package static let none = TrustedProxies([])

    private let ranges: [AddressRange]

    /// The proxies at these addresses.
    package init(_ ranges: [AddressRange]) {
        self.ranges = ranges
    }

    /// Whether no proxy is believed, so that nobody need keep what one says.
    package var isEmpty: Bool { ranges.isEmpty }

    /// The address of the client behind a connection.
    ///
    /// Every proxy appends the address it was called from to `X-Forwarded-For`. So the list is read from its end as
    /// long as who wrote the entry is trusted; what stands further left is whatever the client claims. Where an entry
    /// is no address, its writer is the last that is known.
    ///
    /// - Parameters:
    ///   - peer: the other end of the connection.
    ///   - forwardedFor: the values of all `X-Forwarded-For` fields, joined by commas in their order.
    /// - Returns: the peer unless it is a trusted proxy; else the right-most address that is none, or the left-most
    ///   of all if every one is.
    package func client(peer: IPAddress, forwardedFor: Span<UInt8>?) -> IPAddress {
        guard let list = forwardedFor, !ranges.isEmpty, trust(peer) else { return peer }
        var client = peer
        var end = list.count
        while end > 0 {
            var start = end
            while start > 0, list[start - 1] != UInt8(ascii: ",") { start -= 1 }
            guard let address = Self.address(in: list.extracting(start..<end)) else { return client }
            client = address
            guard trust(client) else { return client }
            end = start - 1
        }
        return client
    }

    private func trust(_ address: IPAddress) -> Bool {
        ranges.contains { $0.contains(address) }
    }

    /// An entry as proxies write it: an address, with spaces around it, and perhaps a port behind it.
    private static func address(in entry: Span<UInt8>) -> IPAddress? {
        // Longer than any address with brackets and a port.
        guard entry.count <= 64 else { return nil }
        var (start, end) = (0, entry.count)
        while start < end, isSpace(entry[start]) { start += 1 }
        while start < end, isSpace(entry[end - 1]) { end -= 1 }
        var text: [UInt8] = []
        for index in start..<end { text.append(entry[index]) }
        if text.first == UInt8(ascii: "["), let end = text.firstIndex(of: UInt8(ascii: "]")) {
            guard end + 1 == text.count || text[end + 1] == UInt8(ascii: ":") else { return nil }
            text = Array(text[1..<end])
        } else if let colon = text.firstIndex(of: UInt8(ascii: ":")), colon == text.lastIndex(of: UInt8(ascii: ":")) {
            // One colon: an IPv4 address with a port.
            text.removeSubrange(colon...)
        }
        return IPAddress(String(decoding: text, as: UTF8.self))
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
