internal import Domain
internal import Tokens

/// The keys of a JWK set, as a verifier far from the database has them.
struct PublishedKeys {
    private let keys: [SigningKey]

    /// All of them.
    var all: [SigningKey] { keys }

    /// Reads a JWK set, or one JWK; keys of other kinds in a set are passed over (RFC 7517 §5).
    init(_ document: [UInt8]) throws(CommandFailure) {
        let json: JSON
        do throws(JSONFailure) {
            json = try JSON.parse(document.span, maximumDepth: 16)
        } catch {
            throw CommandFailure("The JWK set is not JSON: \(error).")
        }
        if let set = json["keys"]?.array {
            keys = set.compactMap { jwk in try? SigningKey(jwk: jwk) }
        } else {
            do throws(TokenFailure) {
                keys = [try SigningKey(jwk: json)]
            } catch {
                throw CommandFailure("The document is neither a JWK set nor a JWK that can be used: \(error).")
            }
        }
    }

    /// Checks the token as a gateway does: key by `kid`, algorithm of the key, signature, kind, audience, expiry.
    ///
    /// Suspended tenants and revoked keys are known only to the server.
    func judge(_ token: String, expect kind: TokenKind, audience: String, now: Timestamp) -> PublicVerdict {
        let bytes = Array(token.utf8)
        var payload: [UInt8] = []
        guard let parsed = try? UnverifiedToken(bytes.span, payload: &payload),
            let claims = try? JSON.parse(payload.span, maximumDepth: 64)
        else { return .invalid(.malformed) }
        guard let key = keys.first(where: { $0.kid == parsed.kid }) else { return .invalid(.keyUnknown) }
        guard key.algorithm == parsed.algorithm, key.verify(bytes.span, parsed.segments) else {
            return .invalid(.signatureInvalid)
        }
        guard parsed.typ == kind.type else { return .invalid(.wrongKind) }
        guard claims["aud"]?.string == audience else { return .invalid(.wrongAudience) }
        guard let expiry = claims["exp"]?.integer, claims["sub"]?.string != nil else { return .invalid(.malformed) }
        guard now.seconds < expiry else { return .invalid(.expired) }
        return .valid(kind: kind, claims: payload, tenant: Self.tenant(claims))
    }

    /// The part of the issuer after the last `/t/`.
    private static func tenant(_ claims: JSON) -> String? {
        guard let issuer = claims["iss"]?.string, let range = issuer.ranges(of: "/t/").last else { return nil }
        return String(issuer[range.upperBound...])
    }
}
