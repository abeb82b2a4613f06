import Testing
import Tokens

@Suite("Keys are written as JWKs and come back the same")
struct JWKExportTests {
    @Test("the private JWK is the whole key", arguments: SignatureAlgorithm.allCases)
    func privatePart(algorithm: SignatureAlgorithm) throws {
        let key = try freshKey(algorithm)
        let text = try #require(key.jwk(.private))
        let again = try signingKey(text)
        #expect(again.kid == key.kid)
        #expect(again.jwk(.private) == text)
        #expect(key.accepts(try again.signature(of: "text"), of: "text"))
        let stored = try SigningKey(secretBytes: key.secretBytes())
        #expect(stored.kid == key.kid)
        #expect(again.accepts(try stored.signature(of: "text"), of: "text"))
    }

    @Test(
        "the public JWK verifies, does not sign, and holds no secret",
        arguments: [.es256, .edDSA, .rs256] as [SignatureAlgorithm])
    func publicPart(algorithm: SignatureAlgorithm) throws {
        let key = try freshKey(algorithm)
        let text = try #require(key.jwk(.public))
        let members = try #require(signingJWK(text).members).map(\.name)
        #expect(Set(members).isDisjoint(with: ["d", "p", "q", "dp", "dq", "qi", "k"]))
        let verifier = try signingKey(text)
        #expect(!verifier.canSign)
        #expect(verifier.accepts(try key.signature(of: "text"), of: "text"))
        #expect(verifier.jwk(.private) == nil)
        #expect(throws: TokenFailure.privatePartMissing) { try verifier.signature(of: "text") }
        #expect(throws: TokenFailure.privatePartMissing) { try verifier.secretBytes() }
    }

    @Test("an HS256 key has no public part")
    func secretHasNoPublicPart() throws {
        #expect(try freshKey(.hs256).jwk(.public) == nil)
    }

    @Test("members are written in one order")
    func order() throws {
        #expect(
            try signingKey(SigningVectors.edDSAJWK).jwk(.public)
                == #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","#
                + #""kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","use":"sig","alg":"EdDSA"}"#)
    }

    @Test("a key shows nothing of its secret when printed or mirrored", arguments: SignatureAlgorithm.allCases)
    func printing(algorithm: SignatureAlgorithm) throws {
        let key = try freshKey(algorithm)
        let jwk = try signingJWK(#require(key.jwk(.private)))
        let secret = try #require(jwk[algorithm == .hs256 ? "k" : "d"]?.string)
        var dumped = ""
        dump(key, to: &dumped)
        #expect(!dumped.contains(secret))
        #expect(!"\(key)".contains(secret))
    }
}
