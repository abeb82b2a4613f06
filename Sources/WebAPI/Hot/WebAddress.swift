internal import Tokens

/// Absolute http(s) URLs by the characters RFC 3986 allows.
enum WebAddress {
    /// Whether the text is an http or https URL with a host, made of RFC 3986 characters only.
    static func isAbsolute(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let rest = afterScheme(bytes), let first = bytes[rest...].first, !"/?#:@".utf8.contains(first) else {
            return false
        }
        var index = rest
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%") {
                guard index + 2 < bytes.count, bytes[index + 1].hexDigitValue != nil,
                    bytes[index + 2].hexDigitValue != nil
                else {
                    return false
                }
                index += 3
            } else {
                guard isURLByte(bytes[index]) else { return false }
                index += 1
            }
        }
        return true
    }

    private static func afterScheme(_ bytes: [UInt8]) -> Int? {
        for scheme in ["http://", "https://"] where bytes.count > scheme.utf8.count {
            if zip(bytes, scheme.utf8).allSatisfy({ lowercase($0) == $1 }) { return scheme.utf8.count }
        }
        return nil
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    private static func isURLByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: "-._~:/?#[]@!$&'()*+,;=".utf8.contains(byte)
        }
    }
}
