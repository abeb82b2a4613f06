internal import Tokens

/// A part of a path between slashes, as RFC 3986 §2.1 encodes it.
enum PathSegment {
    /// The text, which must be UTF-8 once decoded; nil where it is not, or where a `%` has no two hex digits after it.
    static func decode(_ text: String) -> String? {
        let encoded = Array(text.utf8)
        var bytes: [UInt8] = []
        var index = 0
        while index < encoded.count {
            if encoded[index] != UInt8(ascii: "%") {
                bytes.append(encoded[index])
                index += 1
                continue
            }
            guard index + 2 < encoded.count, let high = encoded[index + 1].hexDigitValue,
                let low = encoded[index + 2].hexDigitValue
            else { return nil }
            bytes.append(high << 4 | low)
            index += 3
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
