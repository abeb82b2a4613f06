/// Everything that JOSE work can refuse or fail at; no case carries key material or token text.
package enum TokenFailure: Error, Equatable, Sendable {
    /// The token is not a compact JWS of the one shape accepted.
    case malformed(Malformation)
    /// The header names an algorithm outside `SignatureAlgorithm`, `none` in any spelling included.
    case algorithmRefused
    /// The JWK is not one of the keys accepted.
    case keyRefused(KeyRefusal)
    /// Signing or exporting was asked of a key that holds only its public part.
    case privatePartMissing
    /// A key ring would have had two active keys, or two keys of one `kid`.
    case keyRingRefused
    /// A sealed value was made under another key or another context, or was changed since.
    case sealBroken
    /// libcrypto failed at something that cannot fail for valid input: memory or a broken installation.
    case cryptographyUnavailable
}

/// Why a token cannot be read.
package enum Malformation: String, Sendable {
    /// More bytes than `UnverifiedToken.maximumBytes`.
    case tooLong
    /// Not exactly three non-empty parts between two dots.
    case notThreeSegments
    /// A part is not canonical base64url without padding (RFC 7515 §2).
    case notBase64URL
    /// The header is not a JSON object without duplicate members.
    case headerNotJSON
    /// The header has a member beyond `alg`, `typ` and `kid`, such as `jwk`, `jku`, `x5c` or `crit`.
    case headerMemberUnknown
    /// The header lacks one of `alg`, `typ` and `kid`, or one is not a string.
    case headerMemberMissing
}

/// Why a JWK is not accepted.
package enum KeyRefusal: String, Sendable {
    /// Not a JSON object.
    case notAnObject
    /// A required member is absent or not of its type.
    case memberMissing
    /// A member is not canonical base64url, or not of the length its type demands.
    case memberEncoding
    /// `kty` or `crv` is none of oct, P-256, Ed25519, RSA.
    case typeUnsupported
    /// `alg` is not the algorithm that this type of key has here.
    case algorithmMismatch
    /// `use` or `key_ops` keeps the key from signatures.
    case useMismatch
    /// `kid` is empty, over 128 bytes, or has characters beyond printable ASCII without quote and backslash.
    case kidUnfit
    /// A secret of under 256 bits (RFC 7518 §3.2), an RSA modulus of under 2,048 bits, or an unsafe exponent.
    case tooWeak
    /// An RSA modulus or a secret beyond what is worth the work.
    case tooLarge
    /// A point off its curve, or numbers that are no key of the type.
    case notAKey
    /// The private part does not belong to the public part.
    case partsInconsistent
}
