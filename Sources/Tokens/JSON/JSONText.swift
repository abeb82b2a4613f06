/// Pieces of JSON text that has been validated, and of JSON text to be written.
///
/// Ranges and bytes handed to the reading functions must come from `JSONScanner`; anything else gives a wrong result
/// or stops the process, but never reads outside the bytes.
package enum JSONText {
    /// Appends a string's or a name's bytes to `output`, decoded.
    ///
    /// - Parameters:
    ///   - bytes: The scanned bytes.
    ///   - content: The range between the quotes.
    ///   - output: Receives UTF-8; never more bytes than `content` has.
    package static func unescape(_ bytes: Span<UInt8>, _ content: Range<Int>, into output: inout [UInt8]) {
        var index = content.lowerBound
        while index < content.upperBound {
            let byte = bytes[index]
            if byte != UInt8(ascii: "\\") {
                output.append(byte)
                index += 1
            } else if bytes[index + 1] != UInt8(ascii: "u") {
                output.append(unescaped(bytes[index + 1]))
                index += 2
            } else {
                index = unescapeUnicode(bytes, index, into: &output)
            }
        }
    }

    /// The string whose bytes between the quotes are `content`, decoded.
    package static func string(unescaping bytes: Span<UInt8>, _ content: Range<Int>) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(content.count)
        unescape(bytes, content, into: &decoded)
        return string(decoded.span, 0..<decoded.count)
    }

    /// The string whose UTF-8 is this range of the bytes.
    package static func string(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
        unsafe bytes.extracting(range).withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// Appends a validated value without the whitespace outside its strings; every other byte stays as it is.
    ///
    /// - Parameters:
    ///   - bytes: The scanned bytes.
    ///   - value: A value found in them.
    ///   - output: Receives the value's text.
    package static func appendCompact(_ bytes: Span<UInt8>, _ value: JSONScanner.Value, to output: inout [UInt8]) {
        guard value.hasWhitespace else { return append(bytes, value.range, to: &output) }
        var index = value.range.lowerBound
        while index < value.range.upperBound {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                let end = stringEnd(bytes, index)
                append(bytes, index..<end, to: &output)
                index = end
            } else {
                if byte > 0x20 { output.append(byte) }
                index += 1
            }
        }
    }

    /// Appends this range of the bytes as it is.
    @inline(__always)
    package static func append(_ bytes: Span<UInt8>, _ range: Range<Int>, to output: inout [UInt8]) {
        output.append(copying: bytes.extracting(range))
    }

    /// The index after the string whose opening quote is at `open`.
    static func stringEnd(_ bytes: Span<UInt8>, _ open: Int) -> Int {
        var index = open + 1
        while bytes[index] != UInt8(ascii: "\"") { index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1 }
        return index + 1
    }

    private static func unescaped(_ letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: letter
        }
    }

    private static func unescapeUnicode(
        _ bytes: Span<UInt8>, _ backslash: Int, into output: inout [UInt8]
    ) -> Int {
        var code = codeUnit(bytes, backslash)
        var end = backslash + 6
        if (0xD800...0xDBFF).contains(code) {
            code = 0x10000 + (code - 0xD800) << 10 + (codeUnit(bytes, end) - 0xDC00)
            end += 6
        }
        if let scalar = Unicode.Scalar(code) {
            output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
        return end
    }

    private static func codeUnit(_ bytes: Span<UInt8>, _ backslash: Int) -> UInt32 {
        (backslash + 2..<backslash + 6).reduce(0) { $0 << 4 | UInt32(bytes[$1].hexDigitValue ?? 0) }
    }
}
