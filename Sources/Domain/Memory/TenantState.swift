package import Tokens

/// A tenant as the hot endpoints need it: settings, keys and limits at hand, immutable but for the limiter.
package final class TenantState: Sendable {
    /// The settings.
    package let tenant: Tenant
    /// The signing keys.
    package let ring: KeyRing
    /// The rate limit in force and its running state, which outlives a reload of the tenant.
    package let limit: RateLimit, limiter: RateLimiter
    /// `<public URL>/t/<tenant>`, the `iss` of its tokens.
    package let issuer: [UInt8]
    /// The strong entity tag of the ring's JWK set, with its quotes.
    package let jwksTag: String
    /// What signs its tokens now; nil where no key is active.
    package let signer: Signer?
    /// What may verify its tokens.
    let doors: [Door]

    /// The active key with the header segments of both tokens ready.
    package struct Signer: Sendable {
        let key: SigningKey
        let restHeader: [UInt8], wsHeader: [UInt8]
        let signatureBytes: Int

        init(_ key: SigningKey) {
            self.key = key
            restHeader = key.headerSegment(typ: TokenKind.rest.type)
            wsHeader = key.headerSegment(typ: TokenKind.ws.type)
            signatureBytes = Self.modulusBytes(key) ?? key.algorithm.maximumSignatureBytes
        }

        /// An RSA signature is as long as the modulus; nil for other keys.
        private static func modulusBytes(_ key: SigningKey) -> Int? {
            guard key.algorithm == .rs256, let text = key.jwk(.public) else { return nil }
            let jwk = try? JSON.parse(text, maximumDepth: 1)
            return (jwk?["n"]?.string).flatMap(Base64URL.decode)?.count
        }
    }

    /// The state of a tenant under a deployment.
    package init(tenant: Tenant, ring: KeyRing, limiter: RateLimiter, publicURL: String) {
        self.tenant = tenant
        self.ring = ring
        self.limiter = limiter
        limit = tenant.rateLimit
        jwksTag = "\"\(Base64URL.encode(Array(SHA256.digest(ring.jwks.span).bytes.prefix(16))))\""
        doors = Self.doors(of: ring)
        issuer = Array("\(publicURL)/t/\(tenant.id)".utf8)
        signer = ring.active.map(Signer.init)
    }
}
