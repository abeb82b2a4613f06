package import Tokens

/// A tenant as the hot endpoints need it: settings, keys and limits at hand, immutable but for the limiter.
package final class TenantState: Sendable {
    /// The settings.
    package let tenant: Tenant
    /// The signing keys.
    package let ring: KeyRing
    /// The rate limit in force and its running state, which outlives a reload of the tenant.
    package let allowance: Allowance
    /// The most that each of its keys may make, and each of its users; nil: no limit.
    package let keyLimit: RateLimit?, userLimit: RateLimit?
    /// What is counted of the tenant that is none of its keys' doing; nil: nothing is.
    package let tally: Tally?
    /// What is known of its revocations without a look-up; outlives a reload of the tenant too.
    package let revocations: TenantRevocations
    /// `<public URL>/t/<tenant>`, the `iss` of its tokens.
    package let issuer: [UInt8]
    /// The strong entity tag of the ring's JWK set, with its quotes.
    package let jwksTag: String
    /// What signs its tokens now; nil where no key is active.
    package let signer: Signer?
    /// When the next retired key has no token left and departs from the ring; nil where none will.
    package let ringEnds: Timestamp?
    /// What may verify its tokens.
    let doors: [Door]
    /// The claims of its tokens that never change, between which the others are written.
    let restClaims: FixedClaims, wsClaims: FixedClaims

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

    /// The rate limit in force.
    package var limit: RateLimit { allowance.limit }
    /// The running state of the limit.
    package var limiter: RateLimiter { allowance.limiter }

    /// The state of a tenant under a deployment.
    package init(
        tenant: Tenant, ring: KeyRing, limiter: RateLimiter, deployment: Deployment, ringEnds: Timestamp? = nil,
        tally: Tally? = nil, revocations: TenantRevocations = TenantRevocations()
    ) {
        self.tenant = tenant
        self.ring = ring
        self.ringEnds = ringEnds
        allowance = Allowance(limit: tenant.rateLimit, limiter: limiter)
        keyLimit = tenant.plan.keyRate
        userLimit = tenant.userLimit
        self.tally = tally
        self.revocations = revocations
        jwksTag = "\"\(Base64URL.encode(Array(SHA256.digest(ring.jwks.span).bytes.prefix(16))))\""
        doors = Self.doors(of: ring)
        issuer = Array("\(deployment.publicURL)/t/\(tenant.id)".utf8)
        restClaims = FixedClaims(.rest, of: tenant.id, issuer: issuer, deployment)
        wsClaims = FixedClaims(.ws, of: tenant.id, issuer: issuer, deployment)
        signer = ring.active.map(Signer.init)
    }
}

extension TenantState {
    /// The text of one kind of token's claims as far as it is the same in all of them.
    struct FixedClaims: Sendable {
        /// From the opening brace up to the value of `sub`.
        let beforeSubject: [UInt8]
        /// From there up to the value of `iat`.
        let beforeIssuedAt: [UInt8]
        /// From the grant's identifier up to the text of `akid`.
        let afterGrant: [UInt8]
        /// The `meta` of a realtime token.
        let meta: [UInt8]

        init(_ kind: TokenKind, of tenant: Tenant.ID, issuer: [UInt8], _ deployment: Deployment) {
            beforeSubject = Array("{\"iss\":\"".utf8) + issuer + Array("\",\"sub\":".utf8)
            var rest: [UInt8] = []
            rest.append(text: ",\"aud\":")
            rest.append(json: deployment.audience(of: kind))
            if kind == .rest { rest.append(string: ",\"client_id\":\"\(tenant)\"") }
            rest.append(text: ",\"iat\":")
            beforeIssuedAt = rest
            afterGrant = Array("\(kind.suffix)\",\"scope\":\"\(kind.scope)\",\"akid\":\"".utf8)
            meta = Array(",\"meta\":{\"tenant\":\"\(tenant)\"}".utf8)
        }
    }
}
