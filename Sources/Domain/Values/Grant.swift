/// What one `POST /tokens` created: a REST token, a WS token and, later, a refresh token.
package enum Grant {
    /// A UUIDv7 (RFC 9562 §5.7): it carries the millisecond of its birth, by which revocations are judged.
    package struct ID: Sendable, Hashable {
        /// The upper and the lower half, as unsigned big-endian numbers.
        package let high: UInt64, low: UInt64

        /// The identifier with this birth and 74 random bits.
        package init(birth: Timestamp, random: UInt64, moreRandom: UInt64) {
            high = UInt64(bitPattern: birth.milliseconds) << 16 | 0x7000 | random & 0x0FFF
            low = 0x8000_0000_0000_0000 | moreRandom & 0x3FFF_FFFF_FFFF_FFFF
        }

        /// The identifier in its text form of 36 lower-case characters, or nil where it is none of version 7.
        package init?(_ text: Span<UInt8>) {
            guard text.count == 36 else { return nil }
            var high: UInt64 = 0
            var low: UInt64 = 0
            var digits = 0
            for index in 0..<36 {
                if index == 8 || index == 13 || index == 18 || index == 23 {
                    guard text[index] == UInt8(ascii: "-") else { return nil }
                    continue
                }
                guard let digit = Self.value(ofHexDigit: text[index]) else { return nil }
                if digits < 16 { high = high << 4 | digit } else { low = low << 4 | digit }
                digits += 1
            }
            guard high >> 12 & 0xF == 7, low >> 62 == 2 else { return nil }
            self.high = high
            self.low = low
        }

        /// The identifier of these halves, or nil where they are none of version 7.
        package init?(high: UInt64, low: UInt64) {
            guard high >> 12 & 0xF == 7, low >> 62 == 2 else { return nil }
            self.high = high
            self.low = low
        }

        private static func value(ofHexDigit byte: UInt8) -> UInt64? {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
            default: nil
            }
        }

        /// The millisecond in which the grant was created.
        package var birth: Timestamp {
            Timestamp(milliseconds: Int64(high >> 16))
        }

        /// Appends the text form of 36 bytes.
        package func append(to out: inout [UInt8]) {
            for index in 0..<16 {
                if index == 4 || index == 6 || index == 8 || index == 10 { out.append(UInt8(ascii: "-")) }
                let half = index < 8 ? high : low
                let byte = UInt8(truncatingIfNeeded: half >> UInt64(56 - index % 8 * 8))
                out.append(Self.hexDigit(byte >> 4))
                out.append(Self.hexDigit(byte & 0xF))
            }
        }

        private static func hexDigit(_ value: UInt8) -> UInt8 {
            value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
        }
    }

    /// Hands out grant identifiers; one per event loop, so that none waits for another.
    package struct Source: Sendable {
        private let world: World
        private var pool: [UInt8] = []

        /// A source that draws its randomness from the world, 256 identifiers' worth at a time.
        package init(world: World) {
            self.world = world
        }

        /// A new identifier born at `moment`.
        package mutating func next(at moment: Timestamp) -> ID {
            ID(birth: moment, random: word(), moreRandom: word())
        }

        /// Eight random bytes as a number.
        package mutating func word() -> UInt64 {
            if pool.count < 8 { pool = world.randomBytes(4_096) }
            var word: UInt64 = 0
            for _ in 0..<8 { word = word << 8 | UInt64(pool.removeLast()) }
            return word
        }
    }
}

extension Grant.ID: CustomStringConvertible {
    package var description: String {
        var text: [UInt8] = []
        append(to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}
