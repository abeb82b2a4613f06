internal import Tokens

/// Absolute http(s) URLs by the characters RFC 3986 allows.
enum WebAddress {
    /// Whether the text is an http or https URL with a host, made of RFC 3986 characters only.
    static func isAbsolute(_ text: Span<UInt8>) -> Bool {
        var index = hostStart(text)
        guard index > 0, index < text.count, !"/?#:@".utf8.contains(text[index]) else { return false }
        while index < text.count {
            if ASCIISet.uri.contains(text[index]) {
                index += 1
            } else {
                guard text[index] == UInt8(ascii: "%"), index + 2 < text.count, text[index + 1].hexDigitValue != nil,
                    text[index + 2].hexDigitValue != nil
                else {
                    return false
                }
                index += 3
            }
        }
        return true
    }

    /// Where the host begins; 0 for another scheme.
    private static func hostStart(_ text: Span<UInt8>) -> Int {
        if text.count > 8, text.extracting(..<8).isSame(as: "https://") { return 8 }
        return text.count > 7 && text.extracting(..<7).isSame(as: "http://") ? 7 : 0
    }
}
