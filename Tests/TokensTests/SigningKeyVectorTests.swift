import Testing
import Tokens

@Suite("Keys sign and verify what the RFCs print")
struct SigningKeyVectorTests {
    static let vectors = [
        (SigningVectors.hs256JWK, SigningVectors.hs256JWS), (SigningVectors.rs256JWK, SigningVectors.rs256JWS),
        (SigningVectors.es256JWK, SigningVectors.es256JWS), (SigningVectors.edDSAJWK, SigningVectors.edDSAJWS),
        (CookbookVectors.rs256JWK, CookbookVectors.rs256JWS), (CookbookVectors.hs256JWK, CookbookVectors.hs256JWS),
    ]

    @Test("the printed signature is accepted and, where signing is deterministic, made", arguments: vectors)
    func printed(jwk: String, jws: String) throws {
        let key = try signingKey(jwk, kid: "vector")
        let parts = jws.split(separator: ".").map(String.init)
        let signature = try #require(Base64URL.decode(parts[2]))
        let input = parts[0] + "." + parts[1]
        #expect(key.accepts(signature, of: input))
        #expect(!key.accepts(signature, of: input + "A"))
        if key.algorithm != .es256 { #expect(try key.signature(of: input) == signature) }
        #expect(key.accepts(token: Array(jws.utf8)))
    }

    @Test("an ES256 signature has 64 bytes and verifies, also when its numbers are short")
    func shortNumbers() throws {
        let key = try signingKey(SigningVectors.es256JWK)
        var short = 0
        for message in 0..<1500 {
            let signature = try key.signature(of: String(message))
            #expect(signature.count == 64)
            #expect(key.accepts(signature, of: String(message)))
            if signature[0] == 0 || signature[32] == 0 { short += 1 }
        }
        #expect(short > 0)
    }

    @Test("thumbprints are those of RFC 7638 §3.1 and RFC 8037 §A.3")
    func thumbprints() throws {
        let named = try signingKey(SigningVectors.thumbprintJWK)
        #expect(named.kid == "2011-04-29")
        let nameless = SigningVectors.thumbprintJWK.replacing(#","kid":"2011-04-29""#, with: "")
        #expect(try signingKey(nameless).kid == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
        #expect(try signingKey(SigningVectors.edDSAJWK).kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
    }

    @Test("a fresh pair is named by its thumbprint, a secret by chance", arguments: SignatureAlgorithm.allCases)
    func freshNames(algorithm: SignatureAlgorithm) throws {
        let key = try freshKey(algorithm)
        #expect(key.algorithm == algorithm)
        #expect(key.canSign)
        #expect(try freshKey(algorithm, kid: "mine").kid == "mine")
        if algorithm.isAsymmetric {
            let text = try #require(key.jwk(.public))
            let nameless = text.replacing("\"kid\":\"\(key.kid)\",", with: "")
            #expect(try signingKey(nameless).kid == key.kid)
        } else {
            #expect(Base64URL.decode(key.kid)?.count == 16)
            #expect(
                try SigningKey.generate(.hs256) { [UInt8](repeating: 7, count: $0) }.kid == "BwcHBwcHBwcHBwcHBwcHBw")
        }
    }

    @Test("fresh keys differ", arguments: SignatureAlgorithm.allCases)
    func freshness(algorithm: SignatureAlgorithm) throws {
        let (one, other) = (try freshKey(algorithm), try freshKey(algorithm))
        #expect(one.kid != other.kid)
        #expect(!other.accepts(try one.signature(of: "text"), of: "text"))
    }
}
