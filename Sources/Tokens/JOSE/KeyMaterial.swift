/// The numbers of one key as bytes, between a JWK and libcrypto; short-lived, as the private ones are secret.
struct KeyMaterial {
    let algorithm: SignatureAlgorithm
    /// As `JWKShape.publicNames`.
    var publicParts: [[UInt8]]
    /// As `JWKShape.privateNames`, or `nil` for a public key.
    var privateParts: [[UInt8]]?

    /// Overwrites the private numbers.
    mutating func wipePrivateParts() {
        guard var parts = privateParts else { return }
        privateParts = nil
        for index in parts.indices { wipe(&parts[index]) }
    }

    /// The members that say what key this is, `"kty":"EC","crv":"P-256","x":"…","y":"…"`, without secrets.
    var publicMembers: String {
        let shape = JWKShape.of(algorithm)
        let type = [("kty", shape.keyType)] + (shape.curve.map { [("crv", $0)] } ?? [])
        return Self.text(type + zip(shape.publicNames, publicParts.map(Base64URL.encode)))
    }

    /// The secret members, `"d":"…"`.
    var privateMembers: String? {
        privateParts.map { parts in
            Self.text(Array(zip(JWKShape.of(algorithm).privateNames, parts.map(Base64URL.encode))))
        }
    }

    /// The thumbprint of RFC 7638, in base64url: SHA-256 over the required members in alphabetical order.
    var thumbprint: String {
        let shape = JWKShape.of(algorithm)
        var members = [("kty", shape.keyType)] + (shape.curve.map { [("crv", $0)] } ?? [])
        members += zip(shape.publicNames, publicParts.map(Base64URL.encode))
        let text = "{" + Self.text(members.sorted { $0.0 < $1.0 }) + "}"
        return Base64URL.encode(SHA256.digest(Array(text.utf8).span).bytes)
    }

    /// The values are base64url or names of ours, so nothing needs escaping.
    private static func text(_ members: [(String, String)]) -> String {
        members.map { "\"\($0)\":\"\($1)\"" }.joined(separator: ",")
    }
}
