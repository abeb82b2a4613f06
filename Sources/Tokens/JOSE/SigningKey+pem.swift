extension SigningKey {
    /// Everything of a P-256 public key's DER (RFC 5480 §2) but the numbers of its point, which come last.
    private static let p256: [UInt8] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
        0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ]

    /// The ES256 key of a PEM text (RFC 7468 §13) with an uncompressed point on P-256; refused as any other key.
    package convenience init(publicPEM text: String, kid: String) throws(TokenFailure) {
        let lines = text.split(whereSeparator: \.isNewline)
        guard lines.first == "-----BEGIN PUBLIC KEY-----", lines.last == "-----END PUBLIC KEY-----",
            let der = Base64.decode(lines.dropFirst().dropLast().joined()), der.count == Self.p256.count + 64,
            der.starts(with: Self.p256)
        else { throw .keyRefused(.notAKey) }
        let x = Base64URL.encode(Array(der.dropLast(32).suffix(32))), y = Base64URL.encode(Array(der.suffix(32)))
        let jwk: JSON = ["kty": "EC", "crv": "P-256", "alg": "ES256", "x": JSON(x), "y": JSON(y)]
        try self.init(jwk: jwk, kid: kid)
    }

    /// Whether the DER signature, as everybody but JOSE writes them, is this ES256 key's of the message.
    package func verify(der signature: [UInt8], of message: Span<UInt8>) -> Bool {
        guard algorithm == .es256, signature.count >= 8, signature.count <= ECDSASignature.maximumDERBytes,
            signature[0] == 0x30, Int(signature[1]) == signature.count - 2
        else { return false }
        var raw = signature
        return ECDSASignature.makeRaw(&raw, from: 0) && verify(raw.span, of: message)
    }
}

/// The base64 of RFC 4648 §4, with its padding.
package enum Base64 {
    /// The bytes that the text stands for; nil where it is not canonical.
    package static func decode(_ text: String) -> [UInt8]? {
        var digits = Array(text.utf8)
        guard digits.count % 4 == 0, !digits.contains(where: { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") })
        else { return nil }
        var padding = 0
        while padding < 2, digits.last == UInt8(ascii: "=") {
            digits.removeLast()
            padding += 1
        }
        for index in digits.indices {
            switch digits[index] {
            case UInt8(ascii: "+"): digits[index] = UInt8(ascii: "-")
            case UInt8(ascii: "/"): digits[index] = UInt8(ascii: "_")
            default: break
            }
        }
        var bytes: [UInt8] = []
        return Base64URL.decode(digits.span, into: &bytes) ? bytes : nil
    }

    /// The text of bytes, padded.
    package static func encode(_ bytes: [UInt8]) -> String {
        let text = Base64URL.encode(bytes).utf8.map { digit in
            switch digit {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: digit
            }
        }
        return String(
            decoding: text + Array(repeating: UInt8(ascii: "="), count: (4 - text.count % 4) % 4), as: UTF8.self)
    }
}
