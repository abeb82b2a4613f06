package import Tokens

extension APIKey {
    static let idLength = 12
    static let secretLength = 32
    static let checksumLength = 6

    /// A key as its holder sends it: `<prefix>_<id 12><secret 32><crc 6>`, base62 after the prefix.
    ///
    /// The CRC-32 over everything before it tells a mistyped or invented key from a real one without a look-up; it
    /// protects nothing else. The secret carries 190 bits.
    package struct Text: Sendable {
        /// The public part.
        package let id: ID
        /// SHA-256 of the 32 bytes of the secret.
        package let secretHash: Digest

        /// Reads a key, or returns nil where prefix, length, alphabet or checksum do not fit.
        ///
        /// - Parameters:
        ///   - text: what the caller sent.
        ///   - prefix: the deployment's key prefix, without the underscore.
        package init?(_ text: Span<UInt8>, prefix: [UInt8]) {
            let body = prefix.count + 1
            let length = body + idLength + secretLength + checksumLength
            guard text.count == length, text[prefix.count] == UInt8(ascii: "_") else { return nil }
            for index in prefix.indices where text[index] != prefix[index] { return nil }
            for index in body..<length where !Base62.isDigit(text[index]) { return nil }
            let signed = length - checksumLength
            let idEnd = body + idLength
            let checksum = UInt64(CRC32.checksum(text.extracting(..<signed)))
            guard Base62.value(of: text.extracting(signed..<length)) == checksum else { return nil }
            id = ID(checked: JSONText.string(text, body..<idEnd))
            secretHash = SHA256.digest(text.extracting(idEnd..<signed))
        }
    }

    /// A newly made secret, to be shown once and never stored.
    package struct Secret: ~Copyable {
        /// The public part.
        package let id: ID
        /// SHA-256 of the secret.
        package let hash: Digest
        private let text: String

        /// Makes an identifier and a secret of the world's randomness.
        package init(prefix: String, world: World) {
            self.init(id: Base62.random(idLength, world: world), prefix: prefix, world: world)
        }

        /// Makes a new secret for an existing key.
        package init(for id: ID, prefix: String, world: World) {
            self.init(id: id.text, prefix: prefix, world: world)
        }

        private init(id idText: String, prefix: String, world: World) {
            guard let id = ID(idText) else { preconditionFailure("an identifier of our own making is malformed") }
            self.id = id
            let secret = Base62.random(secretLength, world: world)
            hash = SHA256.digest(Array(secret.utf8).span)
            let signed = "\(prefix)_\(idText)\(secret)"
            text = signed + Base62.text(UInt64(CRC32.checksum(Array(signed.utf8).span)), digits: checksumLength)
        }

        /// The whole key; whoever calls this shows it to its holder and to nobody else.
        package consuming func revealOnce() -> String { text }
    }

    /// The part of a key that may be shown and logged: `<prefix>_<id>`.
    package func preview(prefix: String) -> String { "\(prefix)_\(id.text)" }
}

/// Digits `0`–`9`, `A`–`Z`, `a`–`z`.
enum Base62 {
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// The digits as a set of bits, of the ASCII characters below 64 and of those from 64 on.
    private static var lowDigits: UInt64 { 0x03FF_0000_0000_0000 }
    private static var highDigits: UInt64 { 0x07FF_FFFE_07FF_FFFE }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool {
        byte < 128 && (byte < 64 ? lowDigits : highDigits) >> UInt64(byte & 63) & 1 == 1
    }

    static func value(of text: Span<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for index in text.indices {
            guard let digit = Self.value(ofDigit: text[index]) else { return nil }
            value = value &* 62 &+ UInt64(digit)
        }
        return value
    }

    static func text(_ number: UInt64, digits: Int) -> String {
        var number = number
        var text: [UInt8] = []
        for _ in 0..<digits {
            text.append(alphabet[Int(number % 62)])
            number /= 62
        }
        return String(decoding: text.reversed(), as: UTF8.self)
    }

    /// Characters drawn evenly: bytes of 248 and more, which would favour the first digits, are drawn again.
    static func random(_ count: Int, world: World) -> String {
        var text: [UInt8] = []
        while text.count < count {
            for byte in world.randomBytes(count) where byte < 248 && text.count < count {
                text.append(alphabet[Int(byte % 62)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func value(ofDigit byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 36
        default: nil
        }
    }
}
