/// One key of a key ring: signs and checks signatures with the one algorithm it belongs to (RFC 8725 §3.1).
///
/// Immutable, usable from any thread at once, and wiped when the last reference goes. A key made from a public JWK
/// checks but does not sign.
package final class SigningKey: Sendable {
    enum Mechanism: Sendable {
        case hmac(HMACKey)
        case asymmetric(AsymmetricKey)
    }

    /// The name by which tokens refer to the key: 1 to 128 printable ASCII characters without quote and backslash.
    package let kid: String
    /// The algorithm of every signature by this key, whatever a token's header says.
    package let algorithm: SignatureAlgorithm
    let mechanism: Mechanism
    /// The members of the public JWK that identify the key.
    let publicMembers: String
    /// The secret members of the private JWK.
    let privateMembers: SecretBytes?

    /// Whether the private part is at hand.
    package var canSign: Bool { privateMembers != nil }

    init(
        _ material: KeyMaterial, _ key: LibcryptoKey?, kid: String
    ) throws(TokenFailure) {
        guard Self.isFit(kid: kid) else { throw .keyRefused(.kidUnfit) }
        self.kid = kid
        algorithm = material.algorithm
        publicMembers = material.publicMembers
        privateMembers = try Self.keep(material.privateMembers)
        if let key {
            let limit =
                switch material.algorithm {
                case .es256: ECDSASignature.maximumDERBytes
                case .rs256: material.publicParts[0].count
                case .edDSA, .hs256: material.algorithm.maximumSignatureBytes
                }
            mechanism = .asymmetric(AsymmetricKey(key: key, algorithm: material.algorithm, maximumBytes: limit))
        } else {
            mechanism = .hmac(try HMACKey(secret: material.privateParts?.first ?? []))
        }
    }

    private static func keep(_ text: String?) throws(TokenFailure) -> SecretBytes? {
        guard let text else { return nil }
        var bytes = Array(text.utf8)
        defer { wipe(&bytes) }
        return try SecretBytes(copying: bytes.span)
    }

    /// A `kid` is copied into token headers and JWK sets as it is, so nothing in it may need escaping.
    private static func isFit(kid: String) -> Bool {
        (1...128).contains(kid.utf8.count)
            && kid.utf8.allSatisfy {
                (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
            }
    }
}
