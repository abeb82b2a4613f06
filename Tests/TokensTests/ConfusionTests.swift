import Testing
import Tokens

@Suite("The algorithm belongs to the key (RFC 8725 §3.1)")
struct ConfusionTests {
    /// What an attacker might use as an HMAC secret: what everybody can read of a public key.
    private func publicTexts(_ key: SigningKey) throws -> [[UInt8]] {
        let text = try #require(key.jwk(.public))
        let jwk = try signingJWK(text)
        let numbers = ["n", "x", "y"].compactMap { jwk[$0]?.string }
        return [Array(text.utf8)] + numbers.map { Array($0.utf8) } + numbers.compactMap(Base64URL.decode)
    }

    @Test(
        "an HS256 token made with a public key is not that key's",
        arguments: [.es256, .edDSA, .rs256] as [SignatureAlgorithm])
    func publicKeyAsSecret(algorithm: SignatureAlgorithm) throws {
        let key = try freshKey(algorithm)
        for secret in try publicTexts(key) where secret.count >= 32 {
            let forger = try signingKey(
                #"{"kty":"oct","kid":"\#(key.kid)","k":"\#(Base64URL.encode(secret))"}"#)
            let forged = try forger.token(header: #"{"alg":"HS256","typ":"JWT","kid":"\#(key.kid)"}"#)
            var payload: [UInt8] = []
            let read = try UnverifiedToken(forged.span, payload: &payload)
            #expect(read.kid == key.kid)
            #expect(read.algorithm != key.algorithm)
            #expect(!key.accepts(token: forged))
            let claimed = try forger.token(header: #"{"alg":"\#(algorithm.rawValue)","typ":"JWT","kid":"\#(key.kid)"}"#)
            #expect(!key.accepts(token: claimed))
        }
    }

    @Test("no key accepts the signature of a key of another algorithm")
    func crossed() throws {
        let keys = try SignatureAlgorithm.allCases.map { try freshKey($0, kid: "same") }
        for signer in keys {
            let signature = try signer.signature(of: "text")
            for verifier in keys {
                #expect(verifier.accepts(signature, of: "text") == (verifier === signer))
            }
        }
    }

    @Test("RS256 is PKCS #1 v1.5, so a PSS signature of the same key is rejected")
    func pss() {
        let line = #"{"alg":"RS256","jwk":\#(CookbookVectors.rs256JWK),"jws":"\#(CookbookVectors.ps384JWS)"}"#
        let verdict = JWSCheck.verdict(Array(line.utf8).span)
        #expect(verdict == "invalid")
    }
}
