internal import Domain
internal import Tokens

/// The fields of an `application/x-www-form-urlencoded` body, one after the other (RFC 6749 Appendix B).
///
/// Read strictly: printable ASCII without spaces, and every `%` followed by two hexadecimal digits.
struct FormFields {
    /// A part of the body, perhaps with escapes in it.
    struct Text {
        let range: Range<Int>
        let hasEscapes: Bool

        /// Whether the text, its escapes replaced, is this one.
        func equals(_ expected: StaticString, in body: Span<UInt8>) -> Bool {
            hasEscapes
                ? bytes(in: body).span.isIdentical(to: expected) : body.extracting(range).isIdentical(to: expected)
        }

        /// The text with its escapes replaced.
        func bytes(in body: Span<UInt8>) -> [UInt8] {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(range.count)
            var index = range.lowerBound
            while index < range.upperBound {
                switch body[index] {
                case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
                case UInt8(ascii: "%"):
                    // Both are digits: who made this text has looked.
                    bytes.append((body[index + 1].hexDigitValue ?? 0) << 4 | (body[index + 2].hexDigitValue ?? 0))
                    index += 2
                case let byte: bytes.append(byte)
                }
                index += 1
            }
            return bytes
        }
    }

    /// A name and its value; a field without `=` has an empty value.
    struct Field {
        let name: Text, value: Text
    }

    private var position = 0

    /// The next field; nil at the end of the body.
    mutating func next(_ body: Span<UInt8>) throws(Failure) -> Field? {
        while position < body.count, body[position] == UInt8(ascii: "&") { position += 1 }
        guard position < body.count else { return nil }
        let name = try text(in: body, before: UInt8(ascii: "="))
        guard position < body.count, body[position] == UInt8(ascii: "=") else {
            return Field(name: name, value: Text(range: position..<position, hasEscapes: false))
        }
        position += 1
        return Field(name: name, value: try text(in: body, before: UInt8(ascii: "&")))
    }

    /// What comes before an ampersand, the given byte or the end of the body.
    private mutating func text(in body: Span<UInt8>, before end: UInt8) throws(Failure) -> Text {
        let start = position
        var hasEscapes = false
        while position < body.count {
            let byte = body[position]
            if byte == end || byte == UInt8(ascii: "&") { break }
            guard (0x21...0x7E).contains(byte) else { throw Self.malformed(at: position) }
            if byte == UInt8(ascii: "%") {
                guard position + 2 < body.count, body[position + 1].hexDigitValue != nil,
                    body[position + 2].hexDigitValue != nil
                else { throw Self.malformed(at: position) }
                hasEscapes = true
            } else if byte == UInt8(ascii: "+") {
                hasEscapes = true
            }
            position += 1
        }
        return Text(range: start..<position, hasEscapes: hasEscapes)
    }

    private static func malformed(at position: Int) -> Failure {
        .invalidRequest("The body is not a form: there is something wrong at byte \(position + 1).", [])
    }
}

extension Span<UInt8> {
    /// Whether these are the bytes of the text.
    func isIdentical(to text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { expected in
            for index in indices where unsafe self[index] != expected[index] { return false }
            return true
        }
    }
}
