/// An IPv4 or IPv6 address.
///
/// An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) is the IPv4 address it carries, since a socket that listens on both
/// reports IPv4 clients that way. So one client has one address, however it came.
package struct IPAddress: Sendable, Hashable {
    /// The 128 bits of the address, an IPv4 address in its mapped form.
    let bits: UInt128

    /// `::ffff:0:0`, behind which IPv4 addresses are.
    static let mapped: UInt128 = 0xFFFF << 32

    init(bits: UInt128) {
        self.bits = bits
    }

    /// Reads dotted decimal or the text of RFC 4291 §2.2; nil for anything else, zones and leading zeros included.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        if bytes.contains(UInt8(ascii: ":")) {
            guard let number = IPAddressText.v6(bytes[...]) else { return nil }
            self.init(bits: number)
        } else {
            guard let number = IPAddressText.v4(bytes[...]) else { return nil }
            self.init(v4: number)
        }
    }

    /// The IPv4 address of a number whose highest byte is the first.
    package init(v4 number: UInt32) {
        self.init(bits: Self.mapped | UInt128(number))
    }

    /// The IPv6 address of a number whose highest byte is the first.
    package init(v6 number: UInt128) {
        self.init(bits: number)
    }

    /// Whether it is an IPv4 address.
    package var isIPv4: Bool { bits >> 32 == 0xFFFF }
}

extension IPAddress: CustomStringConvertible {
    /// Dotted decimal, or the text of RFC 5952: lower case, the longest run of zeros shortened.
    package var description: String {
        guard !isIPv4 else {
            return stride(from: 24, through: 0, by: -8).map { String(UInt8(truncatingIfNeeded: bits >> $0)) }
                .joined(separator: ".")
        }
        let groups = stride(from: 112, through: 0, by: -16).map { UInt16(truncatingIfNeeded: bits >> $0) }
        let texts = groups.map { String($0, radix: 16) }
        guard let gap = Self.longestGap(in: groups) else { return texts.joined(separator: ":") }
        return texts[..<gap.lowerBound].joined(separator: ":") + "::" + texts[gap.upperBound...].joined(separator: ":")
    }

    /// The first of the longest runs of at least two groups that are zero.
    private static func longestGap(in groups: [UInt16]) -> Range<Int>? {
        var longest: Range<Int>?
        var start = 0
        while start < groups.count {
            let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
            if end - start >= max(2, (longest?.count ?? 0) + 1) { longest = start..<end }
            start = end + 1
        }
        return longest
    }
}
