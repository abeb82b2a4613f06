/// Base64url without padding (RFC 4648 §5, RFC 7515 §2).
package enum Base64URL {
    /// The number of characters that `count` bytes become.
    package static func encodedCount(_ count: Int) -> Int {
        count / 3 * 4 + (count % 3 == 0 ? 0 : count % 3 + 1)
    }

    /// Appends the text of `bytes`; allocates only if `out` has to grow.
    package static func append(_ bytes: Span<UInt8>, to out: inout [UInt8]) {
        let count = encodedCount(bytes.count)
        out.append(addingCapacity: count) { text in
            unsafe text.withUnsafeMutableBufferPointer { target, initialized in
                if let start = target.baseAddress {
                    unsafe bytes.withUnsafeBufferPointer { unsafe encode($0, to: start) }
                }
                initialized = count
            }
        }
    }

    /// Writes the text of `bytes` over the whole of `text`, which has `encodedCount` bytes.
    static func write(_ bytes: Span<UInt8>, to text: inout MutableSpan<UInt8>) {
        precondition(text.count == encodedCount(bytes.count))
        unsafe text.withUnsafeMutableBufferPointer { target in
            guard let start = target.baseAddress else { return }
            unsafe bytes.withUnsafeBufferPointer { unsafe encode($0, to: start) }
        }
    }

    /// The text of `bytes`.
    package static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        append(bytes.span, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    /// Writes `encodedCount` characters; plain pointers, as a bounds check per character doubles the time.
    private static func encode(_ bytes: UnsafeBufferPointer<UInt8>, to target: UnsafeMutablePointer<UInt8>) {
        let symbols = unsafe alphabet.utf8Start
        var index = 0
        var out = unsafe target
        while index + 2 < bytes.count {
            let word =
                unsafe UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
            unsafe out[0] = symbols[Int(word >> 18)]
            unsafe out[1] = symbols[Int(word >> 12 & 63)]
            unsafe out[2] = symbols[Int(word >> 6 & 63)]
            unsafe out[3] = symbols[Int(word & 63)]
            unsafe out += 4
            index += 3
        }
        guard index < bytes.count else { return }
        let second = unsafe index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0
        let word = unsafe UInt32(bytes[index]) << 16 | second << 8
        unsafe out[0] = symbols[Int(word >> 18)]
        unsafe out[1] = symbols[Int(word >> 12 & 63)]
        if index + 1 < bytes.count { unsafe out[2] = symbols[Int(word >> 6 & 63)] }
    }
}
