/// A token that has the right form and about which nothing is proven yet.
///
/// Look up the key by `kid`, compare its algorithm with `algorithm`, check the signature with
/// `SigningKey.verify(_:_:)`, and only then believe the payload.
package struct UnverifiedToken: Equatable, Sendable {
    /// Longer tokens are refused unread; an issued one has at most 7 KiB.
    package static let maximumBytes = 8192

    /// Where the parts lie in the token's bytes.
    package let segments: TokenSegments
    /// The header's `alg`.
    package let algorithm: SignatureAlgorithm
    /// The header's `typ`, any string.
    package let typ: String
    /// The header's `kid`, any string.
    package let kid: String

    /// Reads the form of a compact JWS and appends its payload to `payload`, which a caller may reuse.
    ///
    /// All three parts have to be canonical base64url. The header has exactly the members `alg`, `typ` and `kid`, all
    /// strings, so that no `jwk`, `jku`, `x5u`, `x5c`, `crit`, `zip` or `b64` has to be understood to be refused.
    /// Throws `malformed`, or `algorithmRefused` for an `alg` that is not ours. `payload` is unchanged if it throws.
    package init(
        _ token: Span<UInt8>, payload: inout [UInt8], maximumBytes: Int = Self.maximumBytes
    ) throws(TokenFailure) {
        guard token.count <= maximumBytes else { throw .malformed(.tooLong) }
        guard let segments = TokenSegments(token) else { throw .malformed(.notThreeSegments) }
        let start = payload.count
        guard Base64URL.decode(token.extracting(segments.header), into: &payload) else {
            throw .malformed(.notBase64URL)
        }
        let header: TokenHeader
        do {
            header = try TokenHeader(payload.span.extracting(start...))
        } catch {
            payload.removeSubrange(start...)
            throw error
        }
        payload.removeSubrange(start...)
        guard Base64URL.decode(token.extracting(segments.signature), into: &payload) else {
            throw .malformed(.notBase64URL)
        }
        payload.removeSubrange(start...)
        guard Base64URL.decode(token.extracting(segments.payload), into: &payload) else {
            throw .malformed(.notBase64URL)
        }
        self.segments = segments
        algorithm = header.algorithm
        typ = header.typ
        kid = header.kid
    }
}
