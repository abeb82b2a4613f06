/// The elements of a validated array, in their order, without validating them again.
///
/// Usage: `var elements = JSONElements(of: value)`, then `while let element = elements.next(bytes)`.
package struct JSONElements {
    private var index: Int

    /// The elements of `array`, which must be an array that `JSONScanner` found.
    package init(of array: JSONScanner.Value) {
        precondition(array.kind == .array)
        index = array.range.lowerBound + 1
    }

    /// The next element of the array found in `bytes`, or nil after the last.
    package mutating func next(_ bytes: Span<UInt8>) -> JSONScanner.Value? {
        skipSeparators(bytes)
        if bytes[index] == UInt8(ascii: "]") { return nil }
        var element = JSONScanner.Value(
            range: index..<index, kind: JSONScanner.kind(bytes[index]), hasEscapes: false,
            hasControlCharacters: false, hasWhitespace: false, depth: 0)
        walk(bytes, &element)
        element.range = element.range.lowerBound..<index
        return element
    }

    private mutating func skipSeparators(_ bytes: Span<UInt8>) {
        while bytes[index] <= 0x20 || bytes[index] == UInt8(ascii: ",") { index += 1 }
    }

    /// Moves `index` behind the element and notes what is inside.
    private mutating func walk(_ bytes: Span<UInt8>, _ element: inout JSONScanner.Value) {
        var open = 0
        repeat {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                let end = JSONText.stringEnd(bytes, index)
                note(bytes, index + 1..<end - 1, &element)
                index = end
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                open += 1
                element.depth = max(element.depth, open)
                index += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                open -= 1
                index += 1
            case 0x00...0x20:
                element.hasWhitespace = true
                index += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                index += 1
            default:
                skipScalar(bytes)
            }
        } while open > 0
    }

    /// A number or a literal.
    private mutating func skipScalar(_ bytes: Span<UInt8>) {
        while true {
            switch bytes[index] {
            case 0x00...0x20, UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"): return
            default: index += 1
            }
        }
    }

    private func note(_ bytes: Span<UInt8>, _ content: Range<Int>, _ element: inout JSONScanner.Value) {
        var previous: UInt8 = 0
        for position in content {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\\") { element.hasEscapes = true }
            if byte == 0x7F || (previous == 0xC2 && byte < 0xA0) { element.hasControlCharacters = true }
            previous = byte
        }
        guard element.hasEscapes, !element.hasControlCharacters else { return }
        var decoded: [UInt8] = []
        JSONText.unescape(bytes, content, into: &decoded)
        element.hasControlCharacters = String(decoding: decoded, as: UTF8.self).unicodeScalars
            .contains { $0.properties.generalCategory == .control }
    }
}
