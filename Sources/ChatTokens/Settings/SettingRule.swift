internal import Foundation

/// What settings may look like.
enum SettingRule {
    static let audience = "1 to 255 printable ASCII characters without quotes, backslashes and spaces"

    static func isAudience(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count) && text.utf8.allSatisfy(isPlain)
    }

    static func isHost(_ text: String) -> Bool {
        (1...253).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                isLetterOrDigit(byte) || [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":")].contains(byte)
            }
    }

    static func port(_ text: String) -> Int? {
        Int(text).flatMap { (0...65_535).contains($0) ? $0 : nil }
    }

    static func isKeyPrefix(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    }

    /// The URL without trailing slashes.
    ///
    /// It becomes part of every token's `iss` as it is, so nothing in it may need escaping.
    static func publicURL(_ text: String) -> String? {
        guard text.utf8.count <= 1_024, text.utf8.allSatisfy(isPlain), let parts = URLComponents(string: text),
            parts.scheme == "http" || parts.scheme == "https", let host = parts.host, !host.isEmpty,
            parts.query == nil, parts.fragment == nil, parts.user == nil, parts.password == nil
        else { return nil }
        var url = text[...]
        while url.hasSuffix("/") { url = url.dropLast() }
        return String(url)
    }

    static func onOff(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "on", "true", "yes", "1": true
        case "off", "false", "no", "0": false
        default: nil
        }
    }

    static func isReadableFile(_ path: String) -> Bool {
        FileManager.default.isReadableFile(atPath: path)
    }

    static func networks(_ text: String) -> [String]? {
        let networks = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        return networks.allSatisfy(isNetwork) ? networks : nil
    }

    private static func isNetwork(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let address = parts.first, parts.count <= 2, let width = IPAddress.bits(String(address)) else {
            return false
        }
        guard parts.count == 2 else { return true }
        return Int(parts[1]).map { (0...width).contains($0) } ?? false
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}

/// IP addresses as text.
enum IPAddress {
    /// 32 or 128, or nil where the text is no address.
    static func bits(_ text: String) -> Int? {
        var four = in_addr()
        if unsafe inet_pton(AF_INET, text, &four) == 1 { return 32 }
        var six = in6_addr()
        return unsafe inet_pton(AF_INET6, text, &six) == 1 ? 128 : nil
    }
}
