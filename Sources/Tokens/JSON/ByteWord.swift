/// Eight bytes of text in one word, the first of them lowest, and the bytes among them at which a reader has to stop.
///
/// Marks are top bits. Only the lowest mark of a word is to be trusted: bits above it may be wrong, since a borrow or a
/// carry only ever starts at a byte that is marked itself.
package enum ByteWord {
    private static var ones: UInt64 { 0x0101_0101_0101_0101 }
    private static var topBits: UInt64 { 0x8080_8080_8080_8080 }

    /// The eight bytes at `index`; stops the process where there are fewer.
    @inline(__always)
    package static func load(_ bytes: Span<UInt8>, _ index: Int) -> UInt64 {
        // Any eight bytes are a UInt64, and the load checks its bounds.
        UInt64(littleEndian: unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
    }

    /// Which of the eight bytes the lowest mark is at.
    @inline(__always)
    package static func first(_ marks: UInt64) -> Int { marks.trailingZeroBitCount / 8 }

    /// Marks what RFC 8259 §7 has escaped in strings: control characters, quotes and backslashes.
    @inline(__always)
    static func mustEscape(_ word: UInt64) -> UInt64 {
        // `x - 0x01… & ~x` marks zero bytes.
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        let zeros = ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
        let control = (word &- ones &* 0x20) & ~word
        return (zeros | control) & topBits
    }

    /// Marks all but printable ASCII, 0x20 to 0x7E.
    @inline(__always)
    package static func isNotPrintable(_ word: UInt64) -> UInt64 {
        let control = (word &- ones &* 0x20) & ~word
        return (control | (word &+ ones) | word) & topBits
    }
}
