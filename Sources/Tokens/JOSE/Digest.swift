/// The 32 bytes of a SHA-256, as a value without heap storage.
///
/// `==` is not constant-time; compare a secret's digest with `constantTimeEquals`.
package struct Digest: Hashable, Sendable, BitwiseCopyable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    init() {}

    /// 32 zero bytes, which are no text's digest that anybody knows.
    package static let zero = Digest()

    /// The digest whose bytes are given, or `nil` unless there are exactly 32.
    package init?(_ bytes: Span<UInt8>) {
        guard bytes.count == 32 else { return nil }
        unsafe withUnsafeMutableBytes(of: &words) { target in
            unsafe bytes.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
        }
    }

    /// The digest of 64 hexadecimal digits in either case, or `nil` for anything else.
    package init?(hex: String) {
        let digits = Array(hex.utf8)
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: 64, by: 2) {
            guard let high = digits[index].hexDigitValue, let low = digits[index + 1].hexDigitValue else { return nil }
            bytes.append(high << 4 | low)
        }
        self.init(bytes.span)
    }

    /// The 32 bytes in order.
    package var bytes: [UInt8] { withBytes { span in [UInt8](copying: span) } }

    /// Runs `body` on the 32 bytes in place.
    package func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        unsafe withUnsafeBytes(of: words) { unsafe body(Span(_unsafeBytes: $0)) }
    }

    /// Whether both are the same, in a time that does not tell where they differ.
    package func constantTimeEquals(_ other: Digest) -> Bool {
        withBytes { mine in other.withBytes { Tokens.constantTimeEquals(mine, $0) } }
    }

    /// Whether both are the same; not in constant time.
    package static func == (one: Digest, other: Digest) -> Bool { one.words == other.words }

    /// Feeds the four words to `hasher`.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}
