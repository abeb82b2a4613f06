internal import Domain
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

    /// A place that ``Document`` can fetch.
    static func isDocumentPlace(_ text: String) -> Bool {
        text.hasPrefix("/") ? isReadableFile(text) : publicURL(text) != nil
    }

    static func networks(_ text: String) -> [AddressRange]? {
        let texts = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        let ranges = texts.compactMap { AddressRange($0) }
        return ranges.count == texts.count ? ranges : nil
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
