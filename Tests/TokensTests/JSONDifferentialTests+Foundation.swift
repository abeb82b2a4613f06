import Foundation
import Tokens

extension JSONDifferentialTests {
    static func foundation(_ bytes: [UInt8]) -> Any? {
        try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
    }

    /// Whether Foundation accepts by design what the scanner refuses for this reason.
    static func isLenient(_ failure: JSONFailure, _ bytes: [UInt8]) -> Bool {
        switch failure.problem {
        // RFC 8259 §4 lets a parser take the last of equal names, and §9 lets it set its own depth.
        case .duplicateMember, .tooDeep: true
        // It takes a byte order mark and guesses UTF-16 and UTF-32, as RFC 4627 §3 described.
        case .byteOrderMark: true
        // It takes a comma before the end of an object or array.
        case .unexpectedByte where followsComma(bytes, failure.offset): true
        default: bytes.contains(0)
        }
    }

    private static func followsComma(_ bytes: [UInt8], _ offset: Int) -> Bool {
        [UInt8(ascii: "}"), UInt8(ascii: "]")].contains(bytes[offset])
            && bytes[..<offset].last { $0 > 0x20 } == UInt8(ascii: ",")
    }

    /// Whether Foundation refuses by design what the scanner accepts: numbers that Double cannot hold.
    static func isStricter(_ meaning: Meaning) -> Bool {
        switch meaning {
        case .number(let text): Double(text).map { $0.isInfinite } ?? true
        case .array(let elements): elements.contains(where: isStricter)
        case .object(let members): members.values.contains(where: isStricter)
        case .null, .bool, .string: false
        }
    }

    /// It goes through a decimal of 38 digits, which costs the last bits of some numbers.
    private static func isClose(_ one: Double?, _ other: Double?) -> Bool {
        guard let one, let other else { return false }
        return abs(one - other) <= 4 * one.ulp
    }

    /// It drops U+FEFF at the start of a string.
    private static func isSame(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one == other || one == [0xEF, 0xBB, 0xBF] + other
    }

    static func isSame(_ meaning: Meaning, _ other: Any) -> Bool {
        switch meaning {
        case .null: other is NSNull
        case .bool(let bool): other as? Bool == bool
        case .number(let text): isClose((other as? NSNumber)?.doubleValue, Double(text))
        case .string(let utf8): (other as? String).map { isSame(utf8, Array($0.utf8)) } ?? false
        case .array(let elements):
            (other as? [Any]).map { $0.count == elements.count && zip(elements, $0).allSatisfy { isSame($0, $1) } }
                ?? false
        case .object(let members):
            // Foundation's dictionary compares names by canonical equivalence, so that "é" and "e\u{301}" fall together.
            (other as? [String: Any]).map { found in
                found.allSatisfy { name, value in members[Array(name.utf8)].map { isSame($0, value) } ?? false }
            } ?? false
        }
    }
}
