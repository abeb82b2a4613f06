internal import Domain
internal import Tokens

/// A JSON object written member by member, for values whose digits must stay as they were signed or stored.
struct JSONDocument {
    private var text: [UInt8] = []

    /// The whole object.
    var bytes: [UInt8] { [UInt8(ascii: "{")] + text + [UInt8(ascii: "}")] }

    /// Adds a member.
    mutating func add(_ name: String, _ value: JSON) {
        add(name, verbatim: value.compactBytes())
    }

    /// Adds a member whose value is JSON text already; whitespace is left out, nothing else changes.
    mutating func add(_ name: String, verbatim value: [UInt8]) {
        if !text.isEmpty { text.append(UInt8(ascii: ",")) }
        text.append(json: name)
        text.append(UInt8(ascii: ":"))
        var scanner = JSONScanner()
        guard let scanned = try? scanner.scanValue(value.span, maximumDepth: JSONScanner.depthCeiling) else {
            preconditionFailure("text that was parsed before is not JSON")
        }
        JSONText.appendCompact(value.span, scanned, to: &text)
    }
}
