internal import Tokens

/// The claims of a payload that is JSON of the expected shape, with nothing yet proved about them.
struct UnverifiedClaims {
    let issuer: Range<Int>
    let subject: JSONScanner.Value
    let audience: JSONScanner.Value
    let identifier: Range<Int>
    let issuedAt: Timestamp, expiresAt: Timestamp
    /// The API key that asked; empty where there is none.
    let apiKey: Range<Int>
    let label: JSONScanner.Value?

    /// Reads the members that every token of ours has; nil where one is missing or of another type.
    ///
    /// `iss` and `jti` never need escapes, so that one with an escape is none of ours.
    init?(_ members: [JSONScanner.Member], in payload: Span<UInt8>) {
        var issuer: Range<Int>?
        var subject: JSONScanner.Value?
        var audience: JSONScanner.Value?
        var identifier: Range<Int>?
        var issuedAt: Timestamp?
        var expiresAt: Timestamp?
        var apiKey = 0..<0
        var label: JSONScanner.Value?
        for member in members where member.name.count <= 4 && !member.nameHasEscapes {
            let value = member.value
            guard member.name.count == 3 else {
                if payload.extracting(member.name).equals("akid".utf8.span) { apiKey = Self.plainText(value) ?? 0..<0 }
                continue
            }
            switch ClaimName(payload, at: member.name.lowerBound) {
            case .iss: issuer = Self.plainText(value)
            case .sub: subject = value.kind == .string ? value : nil
            case .aud: audience = value.kind == .string ? value : nil
            case .jti: identifier = Self.plainText(value)
            case .iat: issuedAt = Self.date(value, payload)
            case .exp: expiresAt = Self.date(value, payload)
            case .lbl: label = value.kind == .string ? value : nil
            case nil: break
            }
        }
        guard let issuer, let subject, let audience, let identifier, let issuedAt, let expiresAt else { return nil }
        self.issuer = issuer
        self.subject = subject
        self.audience = audience
        self.identifier = identifier
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.apiKey = apiKey
        self.label = label
    }

    private static func plainText(_ value: JSONScanner.Value) -> Range<Int>? {
        value.kind == .string && !value.hasEscapes ? value.content : nil
    }

    /// A NumericDate as this server writes it: a non-negative integer of at most 12 digits, no fraction, no exponent.
    private static func date(_ value: JSONScanner.Value, _ payload: Span<UInt8>) -> Timestamp? {
        guard value.kind == .number, value.range.count <= 12 else { return nil }
        var seconds: Int64 = 0
        for index in value.range {
            let byte = payload[index]
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            seconds = seconds * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return Timestamp(seconds: seconds)
    }
}

private enum ClaimName {
    case iss, sub, aud, jti, iat, exp, lbl

    init?(_ bytes: Span<UInt8>, at start: Int) {
        switch (bytes[start], bytes[start + 1], bytes[start + 2]) {
        case (UInt8(ascii: "i"), UInt8(ascii: "s"), UInt8(ascii: "s")): self = .iss
        case (UInt8(ascii: "s"), UInt8(ascii: "u"), UInt8(ascii: "b")): self = .sub
        case (UInt8(ascii: "a"), UInt8(ascii: "u"), UInt8(ascii: "d")): self = .aud
        case (UInt8(ascii: "j"), UInt8(ascii: "t"), UInt8(ascii: "i")): self = .jti
        case (UInt8(ascii: "i"), UInt8(ascii: "a"), UInt8(ascii: "t")): self = .iat
        case (UInt8(ascii: "e"), UInt8(ascii: "x"), UInt8(ascii: "p")): self = .exp
        case (UInt8(ascii: "l"), UInt8(ascii: "b"), UInt8(ascii: "l")): self = .lbl
        default: return nil
        }
    }
}
