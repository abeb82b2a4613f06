internal import Domain
internal import Tokens

/// Absolute http(s) URLs by the grammar of RFC 3986, but that paths and queries may have brackets, as many do.
enum WebAddress {
    /// Whether the text is an http or https URL with a host.
    static func isAbsolute(_ text: Span<UInt8>) -> Bool {
        let start = hostStart(text)
        guard start > 0, hasOnlyURICharacters(text, from: start) else { return false }
        var end = start
        while end < text.count, !isDelimiter(text[end]) { end += 1 }
        return isAuthority(text.extracting(start..<end))
    }

    /// Where the authority begins; 0 for another scheme.
    private static func hostStart(_ text: Span<UInt8>) -> Int {
        if text.count > 8, text.extracting(..<8).isSame(as: "https://") { return 8 }
        return text.count > 7 && text.extracting(..<7).isSame(as: "http://") ? 7 : 0
    }

    /// Whether this ends an authority (RFC 3986 §3.2).
    private static func isDelimiter(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
    }

    /// Whether all is made of the characters of RFC 3986 and whole escapes, with one `#` at most.
    private static func hasOnlyURICharacters(_ text: Span<UInt8>, from start: Int) -> Bool {
        var index = start
        var hasFragment = false
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "#") {
                if hasFragment { return false }
                hasFragment = true
            }
            if ASCIISet.uri.contains(byte) {
                index += 1
            } else {
                guard byte == UInt8(ascii: "%"), index + 2 < text.count, text[index + 1].hexDigitValue != nil,
                    text[index + 2].hexDigitValue != nil
                else { return false }
                index += 3
            }
        }
        return true
    }

    /// Whether this is a host, with or without a user before and a port behind it.
    private static func isAuthority(_ text: Span<UInt8>) -> Bool {
        guard text.count > 0, text[0] != UInt8(ascii: "@"), text[0] != UInt8(ascii: ":") else { return false }
        var start = 0
        var hasUser = false
        for index in text.indices where text[index] == UInt8(ascii: "@") {
            if hasUser { return false }
            hasUser = true
            start = index + 1
        }
        // Brackets are around an address and nowhere else.
        for index in 0..<start where isBracket(text[index]) { return false }
        var end = start
        if start < text.count, text[start] == UInt8(ascii: "[") {
            while end < text.count, text[end] != UInt8(ascii: "]") { end += 1 }
            guard end < text.count, isAddress(text.extracting(start + 1..<end)) else { return false }
            end += 1
        } else {
            while end < text.count, text[end] != UInt8(ascii: ":"), !isBracket(text[end]) { end += 1 }
        }
        return end > start && isPort(text.extracting(end...))
    }

    private static func isBracket(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]")
    }

    /// Whether this is an IPv6 address.
    private static func isAddress(_ text: Span<UInt8>) -> Bool {
        let address = JSONText.string(text, 0..<text.count)
        return address.utf8.contains(UInt8(ascii: ":")) && IPAddress(address) != nil
    }

    /// Whether this is nothing, or a colon and a port, which may be left out.
    private static func isPort(_ text: Span<UInt8>) -> Bool {
        guard text.count > 0 else { return true }
        guard text[0] == UInt8(ascii: ":"), text.count <= 6 else { return false }
        var port = 0
        for index in 1..<text.count {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[index]) else { return false }
            port = port * 10 + Int(text[index] - UInt8(ascii: "0"))
        }
        return port <= 65_535
    }
}
