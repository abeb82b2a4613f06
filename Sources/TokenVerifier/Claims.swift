internal import Tokens

/// The claims of a payload of the expected shape, with nothing proved about them.
struct Claims {
    private(set) var issuer = "", subject = "", audience = "", identifier = ""
    private(set) var issuedAt: Int64 = -1, expiresAt: Int64 = -1
    private(set) var apiKeyID: String?, label: String?

    /// Nesting allowed: `custom` may have 16 levels below the claims and its own member.
    private static let deepest = 20

    /// Reads what every token has; nil where a member is missing, comes twice or is of another type.
    init?(_ payload: Span<UInt8>) {
        var scanner = JSONScanner()
        guard (try? scanner.scanObject(payload, maximumDepth: Self.deepest)) != nil else { return nil }
        var seen = 0
        for member in scanner.members {
            let value = member.value
            switch JSONText.string(unescaping: payload, member.name) {
            case "iss": guard read(value, payload, into: &issuer) else { return nil }
            case "sub":
                guard !value.hasControlCharacters, read(value, payload, into: &subject) else { return nil }
            case "aud": guard read(value, payload, into: &audience) else { return nil }
            case "jti": guard read(value, payload, into: &identifier) else { return nil }
            case "iat": guard read(value, payload, into: &issuedAt) else { return nil }
            case "exp": guard read(value, payload, into: &expiresAt) else { return nil }
            case "akid":
                apiKeyID = text(value, payload)
                continue
            case "lbl":
                label = text(value, payload)
                continue
            default: continue
            }
            seen += 1
        }
        guard seen == 6, (1...255).contains(subject.utf8.count) else { return nil }
    }

    private func text(_ value: JSONScanner.Value, _ payload: Span<UInt8>) -> String? {
        value.kind == .string ? JSONText.string(unescaping: payload, value.content) : nil
    }

    private func read(_ value: JSONScanner.Value, _ payload: Span<UInt8>, into target: inout String) -> Bool {
        guard let text = text(value, payload) else { return false }
        target = text
        return true
    }

    /// A NumericDate as ChatTokens writes it: at most twelve digits, no sign, no fraction, no exponent.
    private func read(_ value: JSONScanner.Value, _ payload: Span<UInt8>, into target: inout Int64) -> Bool {
        guard value.kind == .number, value.range.count <= 12,
            let number = Int64(JSONText.string(payload, value.range)), number >= 0,
            value.range.allSatisfy({ payload[$0] >= UInt8(ascii: "0") && payload[$0] <= UInt8(ascii: "9") })
        else { return false }
        target = number
        return true
    }
}

/// The identifier of a grant: a UUIDv7 (RFC 9562 §5.7), which carries the moment of its birth.
struct GrantName {
    let text: String
    /// Milliseconds since 1970.
    let bornAt: Int64

    /// The grant in a `jti` of the form `<grant>.rest` or `<grant>.ws`; nil for anything else.
    init?(identifier: String, kind: TokenKind) {
        guard identifier.hasSuffix(kind.suffix) else { return nil }
        let text = identifier.dropLast(kind.suffix.count)
        guard text.utf8.count == 36 else { return nil }
        var digits: [UInt8] = []
        for (index, byte) in text.utf8.enumerated() {
            if [8, 13, 18, 23].contains(index) {
                guard byte == UInt8(ascii: "-") else { return nil }
            } else {
                guard let digit = byte.hexDigitValue, !(UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte) else {
                    return nil
                }
                digits.append(digit)
            }
        }
        guard digits[12] == 7, digits[16] >> 2 == 2 else { return nil }
        self.text = String(text)
        bornAt = digits.prefix(12).reduce(0) { $0 << 4 | Int64($1) }
    }
}
