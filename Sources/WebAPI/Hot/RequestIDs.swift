internal import Domain
internal import Synchronization

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
        return prefix + String(count.add(1, ordering: .relaxed).newValue, radix: 36)
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
