internal import Tokens

/// Stands for a user where the identifier itself must not be kept, so that erasing a person leaves nothing behind: the
/// first 16 bytes of SHA-256 over `<tenant>/<user>`.
///
/// Whoever has the identifier can find what is noted of the user; from the reference alone nobody learns it, unless
/// by trying identifiers.
package struct UserReference: Sendable, Hashable {
    private let high: UInt64, low: UInt64

    /// The reference of a user.
    package init(_ tenant: Tenant.ID, _ user: User.ID) {
        var text: [UInt8] = []
        text.reserveCapacity(64 + User.ID.longest)
        text.append(string: tenant.text)
        text.append(UInt8(ascii: "/"))
        text.append(string: user.text)
        (high, low) = SHA256.digest(text.span).withBytes { bytes in
            (Self.word(bytes.extracting(0..<8)), Self.word(bytes.extracting(8..<16)))
        }
    }

    /// The reference of these 32 lower-case hex digits; nil for any other text.
    package init?(_ text: some StringProtocol) {
        let digits = text.utf8
        guard digits.count == 32,
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (97...102).contains($0) }),
            let high = UInt64(text.prefix(16), radix: 16), let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        (self.high, self.low) = (high, low)
    }

    /// 32 lower-case hex digits.
    package var text: String { Self.hex(high) + Self.hex(low) }

    private static func word(_ bytes: Span<UInt8>) -> UInt64 {
        var word: UInt64 = 0
        for index in bytes.indices { word = word << 8 | UInt64(bytes[index]) }
        return word
    }

    private static func hex(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
