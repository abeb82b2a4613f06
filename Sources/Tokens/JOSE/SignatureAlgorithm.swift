/// The four signature algorithms of this system, by their JOSE names (RFC 7518 §3.1, RFC 8037 §3.1).
///
/// The set is closed on purpose: what is not listed cannot be chosen by a header, a key or a setting (RFC 8725 §3.1).
package enum SignatureAlgorithm: String, Sendable, CaseIterable {
    /// HMAC with SHA-256 under a secret of at least 256 bits.
    case hs256 = "HS256"
    /// ECDSA on P-256 with SHA-256.
    case es256 = "ES256"
    /// Ed25519; the only curve of RFC 8037 accepted here.
    case edDSA = "EdDSA"
    /// RSASSA-PKCS1-v1_5 with SHA-256 under a modulus of at least 2,048 bits.
    case rs256 = "RS256"

    /// The largest raw signature of this algorithm, in bytes; for RS256 that of the largest modulus accepted.
    package var maximumSignatureBytes: Int {
        switch self {
        case .hs256: 32
        case .es256, .edDSA: 64
        case .rs256: RSAModulus.maximumBits / 8
        }
    }

    /// Whether verifiers need only a public key, so that the key belongs in a published JWK set.
    package var isAsymmetric: Bool { self != .hs256 }
}

/// The RSA moduli accepted: NIST SP 800-131A's minimum, and a ceiling that bounds the work of one verification.
enum RSAModulus {
    static let minimumBits = 2048
    static let maximumBits = 8192
}
