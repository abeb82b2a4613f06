/// Writing: what goes out is RFC 8259 and nothing is escaped that need not be.
extension JSONText {
    /// Appends a JSON string, quotes included, escaping only what RFC 8259 §7 demands and never `/`.
    ///
    /// - Parameters:
    ///   - utf8: Valid UTF-8.
    ///   - output: Receives the string.
    package static func appendEscaped(_ utf8: Span<UInt8>, to output: inout [UInt8]) {
        var end = plainEnd(utf8, 0)
        // Nearly always: one piece, and room made for it once.
        guard end < utf8.count else { return appendQuoted(utf8, to: &output) }
        var start = 0
        output.append(UInt8(ascii: "\""))
        while end < utf8.count {
            append(utf8, start..<end, to: &output)
            appendEscape(utf8[end], to: &output)
            start = end + 1
            end = plainEnd(utf8, start)
        }
        append(utf8, start..<end, to: &output)
        output.append(UInt8(ascii: "\""))
    }

    private static func appendQuoted(_ plain: Span<UInt8>, to output: inout [UInt8]) {
        output.append(addingCapacity: plain.count + 2) { text in
            text.append(UInt8(ascii: "\""))
            text.append(copying: plain)
            text.append(UInt8(ascii: "\""))
        }
    }

    /// Appends a JSON string, quotes included, escaping only what RFC 8259 §7 demands and never `/`.
    package static func appendEscaped(_ string: String, to output: inout [UInt8]) {
        appendEscaped(string.utf8.span, to: &output)
    }

    /// Appends a validated value with every `\/` of its strings and names as `/`, and every other byte as it is.
    package static func appendPlainSlashes(_ bytes: Span<UInt8>, _ value: JSONScanner.Value, to output: inout [UInt8]) {
        guard value.hasEscapes else { return append(bytes, value.range, to: &output) }
        var index = value.range.lowerBound
        while index < value.range.upperBound {
            if bytes[index] == UInt8(ascii: "\\") {
                // What follows goes along: in `\\/` it is the backslash that is escaped.
                if bytes[index + 1] != UInt8(ascii: "/") { output.append(bytes[index]) }
                index += 1
            }
            output.append(bytes[index])
            index += 1
        }
    }

    /// Appends an integer in decimal.
    package static func appendInteger(_ integer: Int64, to output: inout [UInt8]) {
        let magnitude = integer.magnitude
        var count = 1
        var limit: UInt64 = 10
        // Ends at 19 digits, the most an Int64 has; the limit of those still is a UInt64.
        while magnitude >= limit {
            count += 1
            limit *= 10
        }
        output.append(addingCapacity: count + 1) { text in
            if integer < 0 { text.append(UInt8(ascii: "-")) }
            unsafe text.withUnsafeMutableBufferPointer { target, initialized in
                // From the last digit to the first: divisions by a constant are cheap, those by a variable are not.
                var rest = magnitude
                for place in (initialized..<initialized + count).reversed() {
                    unsafe target[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                    rest /= 10
                }
                initialized += count
            }
        }
    }

    /// The first index from `start` on that is the end or holds a byte that must be escaped.
    private static func plainEnd(_ utf8: Span<UInt8>, _ start: Int) -> Int {
        var index = start
        while index &+ 8 <= utf8.count {
            let stops = ByteWord.mustEscape(ByteWord.load(utf8, index))
            if stops != 0 { return index &+ ByteWord.first(stops) }
            index &+= 8
        }
        while index < utf8.count {
            let byte = utf8[index]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
            index &+= 1
        }
        return index
    }

    private static func appendEscape(_ byte: UInt8, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: output.append(UInt8(ascii: "b"))
        case 0x09: output.append(UInt8(ascii: "t"))
        case 0x0A: output.append(UInt8(ascii: "n"))
        case 0x0C: output.append(UInt8(ascii: "f"))
        case 0x0D: output.append(UInt8(ascii: "r"))
        case 0x00...0x1F:
            let low = byte & 0x0F
            output.append(contentsOf: [UInt8(ascii: "u"), UInt8(ascii: "0"), UInt8(ascii: "0")])
            output.append(UInt8(ascii: "0") + byte >> 4)
            output.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
        default: output.append(byte)
        }
    }
}
