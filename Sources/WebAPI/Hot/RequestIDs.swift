internal import Domain
internal import Synchronization
internal import Tokens

/// Names requests, so that an answer, a log line and a support ticket can be brought together.
final class RequestIDs: Sendable {
    private let prefix: String
    private let count = Atomic<UInt64>(0)

    /// A source whose names differ from those of every other process.
    init(world: World) {
        // Short enough that a name of up to 15 bytes needs no allocation.
        var random: UInt32 = 0
        for byte in world.randomBytes(4) { random = random << 8 | UInt32(byte) }
        prefix = String(random, radix: 36) + "-"
    }

    /// The caller's identifier if it is well-formed (1 to 128 of letters, digits, `.`, `_` and `-`), else a new one.
    func name(given: String?) -> String {
        if let given, (1...128).contains(given.utf8.count), given.utf8.allSatisfy(Self.isAllowed) { return given }
        return Self.name(prefix, count.add(1, ordering: .relaxed).newValue)
    }

    /// The prefix and the number in base 36; `String(_:radix:)` and `+` take three times as long.
    private static func name(_ prefix: String, _ number: UInt64) -> String {
        var digits = InlineArray<13, UInt8>(repeating: 0)
        var first = 13
        var rest = number
        repeat {
            let digit = UInt8(rest % 36)
            first -= 1
            digits[first] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            rest /= 36
        } while rest > 0
        var name = prefix
        name.append(JSONText.string(digits.span, first..<13))
        return name
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
