/// The addresses that begin with the same bits: one address or a network in CIDR notation (RFC 4632).
package struct AddressRange: Sendable, Hashable {
    /// The first address.
    package let first: IPAddress
    /// How many bits all its addresses share: up to 32, or up to 128 of an IPv6 network.
    package let prefixLength: Int
    private let mask: UInt128

    /// Reads `10.0.0.0/8`, `2001:db8::/32`, or a single address; nil for anything else.
    ///
    /// Bits behind the prefix must be zero: `10.1.2.3/8` is sixteen million addresses that somebody meant as one. A
    /// network of IPv4-mapped addresses, such as `::ffff:10.0.0.0/104`, is the IPv4 network.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = parts.first.flatMap({ IPAddress(String($0)) }) else { return nil }
        // As the text is written: a mapped address is IPv4 but counts its prefix over all 128 bits.
        let width = parts[0].contains(":") ? 128 : 32
        guard let given = parts.count == 1 ? width : Self.number(parts[1]), given <= width else { return nil }
        let bits = given + 128 - width
        mask = bits == 0 ? 0 : UInt128.max << (128 - bits)
        guard address.bits & ~mask == 0 else { return nil }
        first = address
        prefixLength = address.isIPv4 ? bits - 96 : bits
    }

    /// Whether the address is in the range; no IPv4 address is in an IPv6 network, and the other way round.
    package func contains(_ address: IPAddress) -> Bool {
        address.bits & mask == first.bits && address.isIPv4 == first.isIPv4
    }

    /// Decimal digits without sign and leading zero.
    private static func number(_ text: Substring) -> Int? {
        guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            text == "0" || !text.hasPrefix("0")
        else { return nil }
        return Int(text)
    }
}

extension [AddressRange] {
    /// As databases keep it: with spaces between; nil where there is none.
    package var stored: String? { isEmpty ? nil : map(\.description).joined(separator: " ") }

    /// What a database kept; nil where that is not what ``stored`` writes.
    package init?(stored text: String?) {
        let texts = (text ?? "").split(separator: " ")
        let ranges = texts.compactMap { AddressRange(String($0)) }
        guard ranges.count == texts.count else { return nil }
        self = ranges
    }
}

extension AddressRange: CustomStringConvertible {
    /// The address alone where the range has one, else CIDR notation.
    package var description: String {
        prefixLength == (first.isIPv4 ? 32 : 128) ? "\(first)" : "\(first)/\(prefixLength)"
    }
}
