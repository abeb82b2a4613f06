/// Why a text is not the JSON that was asked for, and at which byte.
///
/// `description` is one sentence that is safe to show to whoever sent the text.
package struct JSONFailure: Error, Equatable, Sendable {
    /// What was wrong; closed, so that a caller can map every case.
    package enum Problem: Hashable, Sendable {
        /// The text stops inside a value.
        case unexpectedEnd
        /// A byte that the grammar of RFC 8259 does not allow here.
        case unexpectedByte
        /// Something other than whitespace follows the value.
        case trailingBytes
        /// The text starts with a byte order mark (RFC 8259 §8.1).
        case byteOrderMark
        /// A byte below 0x20 stands unescaped inside a string.
        case controlCharacter
        /// A backslash is followed by something RFC 8259 §7 does not list.
        case invalidEscape
        /// A `\u` escape is half of a surrogate pair.
        case loneSurrogate
        /// A string is not UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
        case invalidUTF8
        /// A number breaks the grammar of RFC 8259 §6.
        case invalidNumber
        /// One object has this name twice; names are compared after unescaping.
        case duplicateMember(String)
        /// Arrays and objects are nested more deeply than the caller allows.
        case tooDeep
        /// The value is not an object, and only an object was asked for.
        case objectExpected
        /// A number that neither Int64 nor Double can hold; only `JSON` refuses it, `JSONScanner` keeps the digits.
        case numberOutOfRange
        /// A member name contains U+0000; only `JSON` refuses it.
        case nullCharacterInName
    }

    /// What was wrong.
    package let problem: Problem
    /// Where, counted in bytes from the start of the text; for a duplicate member, its second name.
    package let offset: Int

    /// A failure with this problem at this byte.
    package init(_ problem: Problem, at offset: Int) {
        self.problem = problem
        self.offset = offset
    }
}

extension JSONFailure: CustomStringConvertible {
    /// One sentence without a full stop, such as `duplicate member "a" at byte 17`.
    package var description: String { "\(sentence) at byte \(offset)" }

    private var sentence: String {
        switch problem {
        case .unexpectedEnd: "the text ends inside a value"
        case .unexpectedByte: "unexpected character"
        case .trailingBytes: "unexpected character after the value"
        case .byteOrderMark: "byte order mark"
        case .controlCharacter: "unescaped control character"
        case .invalidEscape: "invalid escape"
        case .loneSurrogate: "lone surrogate"
        case .invalidUTF8: "invalid UTF-8"
        case .invalidNumber: "invalid number"
        case .duplicateMember(let name): "duplicate member \(Self.quoted(name))"
        case .tooDeep: "too many levels of nesting"
        case .objectExpected: "expected an object"
        case .numberOutOfRange: "number out of range"
        case .nullCharacterInName: "null character in a member name"
        }
    }

    /// The name in quotes, cut short, with what is not printable escaped: it came from outside and may be hostile.
    private static func quoted(_ name: String) -> String {
        var quoted = "\""
        for scalar in name.unicodeScalars.prefix(64) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate:
                quoted += "\\u{\(String(scalar.value, radix: 16))}"
            default:
                quoted += scalar == "\"" || scalar == "\\" ? "\\\(scalar)" : String(Character(scalar))
            }
        }
        return quoted + (name.unicodeScalars.count > 64 ? "…\"" : "\"")
    }
}
