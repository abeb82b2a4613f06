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

    /// The 64 symbols in the order of their values.
    static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    /// The two characters of every twelve bits, in memory order: half as many look-ups as one symbol at a time.
    private static let pairs: [UInt16] = (0..<4096).map { bits in
        unsafe UInt16(littleEndian: UInt16(alphabet.utf8Start[bits & 63]) << 8 | UInt16(alphabet.utf8Start[bits >> 6]))
    }

    /// Writes `encodedCount` characters; plain pointers, as a bounds check per character doubles the time.
    private static func encode(_ bytes: UnsafeBufferPointer<UInt8>, to target: UnsafeMutablePointer<UInt8>) {
        var index = 0
        var out = UnsafeMutableRawPointer(target)
        unsafe pairs.withUnsafeBufferPointer { pairs in
            while index + 2 < bytes.count {
                let high = unsafe Int(bytes[index]) << 4 | Int(bytes[index + 1]) >> 4
                let low = unsafe Int(bytes[index + 1] & 15) << 8 | Int(bytes[index + 2])
                unsafe out.storeBytes(of: pairs[high], as: UInt16.self)
                unsafe out.storeBytes(of: pairs[low], toByteOffset: 2, as: UInt16.self)
                unsafe out += 4
                index += 3
            }
            guard index < bytes.count else { return }
            let second = unsafe index + 1 < bytes.count ? Int(bytes[index + 1]) : 0
            unsafe out.storeBytes(of: pairs[Int(bytes[index]) << 4 | second >> 4], as: UInt16.self)
            if index + 1 < bytes.count {
                unsafe out.storeBytes(of: alphabet.utf8Start[(second & 15) << 2], toByteOffset: 2, as: UInt8.self)
            }
        }
    }
}
