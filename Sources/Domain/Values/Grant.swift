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
            let (one, two) = (Self.digits(high >> 32), Self.digits(high))
            let (three, four) = (Self.digits(low >> 32), Self.digits(low))
            out.append(addingCapacity: 36) { text in
                unsafe text.withUnsafeMutableBufferPointer { target, initialized in
                    let target = UnsafeMutableRawBufferPointer(target)
                    unsafe target.storeBytes(of: one, as: UInt64.self)
                    unsafe target.storeBytes(of: UInt32(truncatingIfNeeded: two), toByteOffset: 9, as: UInt32.self)
                    unsafe target.storeBytes(of: UInt32(two >> 32), toByteOffset: 14, as: UInt32.self)
                    unsafe target.storeBytes(of: UInt32(truncatingIfNeeded: three), toByteOffset: 19, as: UInt32.self)
                    unsafe target.storeBytes(of: UInt32(three >> 32), toByteOffset: 24, as: UInt32.self)
                    unsafe target.storeBytes(of: four, toByteOffset: 28, as: UInt64.self)
                    for dash in [8, 13, 18, 23] { unsafe target[dash] = UInt8(ascii: "-") }
                    initialized = 36
                }
            }
        }

        /// The lower half of a number as eight hexadecimal digits, the first in the lowest byte.
        private static func digits(_ number: UInt64) -> UInt64 {
            var digits = number & 0xFFFF_FFFF
            digits = (digits << 16 | digits) & 0x0000_FFFF_0000_FFFF
            digits = (digits << 8 | digits) & 0x00FF_00FF_00FF_00FF
            digits = (digits << 4 | digits) & 0x0F0F_0F0F_0F0F_0F0F
            // Adding 6 carries out of a nibble of 10 and more, which is a letter.
            let letters = (digits + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
            return (digits + 0x3030_3030_3030_3030 + letters * 0x27).byteSwapped
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
