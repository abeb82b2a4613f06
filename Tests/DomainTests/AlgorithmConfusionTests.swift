import Domain
import Testing
import Tokens

@Suite("The algorithm belongs to the key, whatever a header says (RFC 8725 §3.1)")
struct AlgorithmConfusionTests {
    private let house: House

    init() throws {
        house = try House()
    }

    /// A tenant that signs with this algorithm.
    private func mint(_ algorithm: SignatureAlgorithm) throws -> Mint {
        try house.addTenant("acme", algorithm)
        return try Mint(house)
    }

    private static let pairs = SignatureAlgorithm.allCases.flatMap { own in
        SignatureAlgorithm.allCases.map { (own, $0) }
    }

    @Test(
        "a header that names another algorithm than the key's is refused, though the key really signed",
        arguments: pairs)
    func matrix(own: SignatureAlgorithm, named: SignatureAlgorithm) throws {
        let mint = try mint(own)
        let key = try mint.signingKey()
        let payload = try part(1, of: try mint.token(.ws))
        let token = try Mint.sign(#"{"alg":"\#(named.rawValue)","typ":"JWT","kid":"\#(key.kid)"}"#, payload, by: key)
        #expect(try Door(node: house).refusal(of: token) == (own == named ? nil : .signatureInvalid))
    }

    @Test("the public key is no HMAC secret", arguments: SignatureAlgorithm.allCases.filter(\.isAsymmetric))
    func publicKeyAsSecret(own: SignatureAlgorithm) throws {
        let mint = try mint(own)
        let key = try mint.signingKey()
        let payload = try part(1, of: try mint.token(.ws))
        let jwk = try #require(key.jwk(.public))
        let parts = try json(jwk)
        let secrets =
            [bytes(jwk)]
            + ["x", "n"].compactMap { parts[$0]?.string }.flatMap { part in
                [bytes(part), Base64URL.decode(part) ?? []]
            }
        for secret in secrets {
            let forger = try SigningKey(
                jwk: try json(
                    #"{"kty":"oct","k":"\#(Base64URL.encode(secret + Array(repeating: 0, count: max(0, 32 - secret.count))))"}"#
                ),
                kid: key.kid)
            let token = try Mint.sign(#"{"alg":"HS256","typ":"JWT","kid":"\#(key.kid)"}"#, payload, by: forger)
            #expect(try Door(node: house).refusal(of: token) == .signatureInvalid)
        }
    }

    private static let otherNames = [
        "none", "None", "NONE", "nOnE", "", "null", "HS384", "HS512", "hs256", "PS256", "ES256K", "Ed25519",
    ]

    @Test("none is no algorithm in any spelling, with a signature and without", arguments: SignatureAlgorithm.allCases)
    func otherAlgorithms(own: SignatureAlgorithm) throws {
        let mint = try mint(own)
        let key = try mint.signingKey()
        let payload = try part(1, of: try mint.token(.ws))
        for name in Self.otherNames {
            let signed = try Mint.sign(#"{"alg":"\#(name)","typ":"JWT","kid":"\#(key.kid)"}"#, payload, by: key)
            let unsigned = signed.prefix(through: try #require(signed.lastIndex(of: ".")))
            for token in [signed, String(unsigned), unsigned + "AA"] {
                #expect(try Door(node: house).refusal(of: token) == .malformed, "\(name)")
            }
        }
    }

    private static let fourthMembers = [
        #""jku":"https://evil.example/jwks.json""#, #""jwk":{"kty":"oct","k":"AAAA"}"#, #""x5u":"https://e""#,
        #""x5c":["AAAA"]"#, #""crit":["b64"],"b64":false"#, #""zip":"DEF""#, #""cty":"JWT""#, #""x":1"#,
    ]

    @Test(
        "a header with a fourth member is refused, so that no jku, jwk or crit need be understood",
        arguments: SignatureAlgorithm.allCases)
    func fourthMember(own: SignatureAlgorithm) throws {
        let mint = try mint(own)
        let key = try mint.signingKey()
        for member in Self.fourthMembers {
            let header = #"{"alg":"\#(own.rawValue)","typ":"JWT","kid":"\#(key.kid)",\#(member)}"#
            let token = try Mint.sign(header, part(1, of: mint.token(.ws)), by: key)
            #expect(try Door(node: house).refusal(of: token) == .malformed, "\(member)")
        }
    }

    @Test("a kid that is missing or unknown is no reason to try another key")
    func kids() throws {
        let mint = try mint(.hs256)
        let key = try mint.signingKey()
        let payload = try part(1, of: try mint.token(.ws))
        for (header, refusal) in [
            (#"{"alg":"HS256","typ":"JWT"}"#, Verdict.Refusal.malformed),
            (#"{"alg":"HS256","typ":"JWT","kid":1}"#, .malformed),
            (#"{"alg":"HS256","typ":"JWT","kid":""}"#, .keyUnknown),
            (#"{"alg":"HS256","typ":"JWT","kid":"other"}"#, .keyUnknown),
            (#"{"alg":"HS256","typ":"JWT","kid":"\#(key.kid) "}"#, .keyUnknown),
            (#"{"alg":"HS256","typ":"JOSE","kid":"\#(key.kid)"}"#, .malformed),
            (#"{"alg":"HS256","kid":"\#(key.kid)"}"#, .malformed),
        ] {
            let token = try Mint.sign(header, payload, by: key)
            #expect(try Door(node: house).refusal(of: token) == refusal, "\(header)")
        }
    }

    @Test("the same header spelled otherwise is the same header")
    func spelling() throws {
        let mint = try mint(.hs256)
        let key = try mint.signingKey()
        let header = "{ \"kid\" : \"\(key.kid)\", \"typ\":\"J\\u0057T\", \"alg\":\"HS256\" }"
        let token = try Mint.sign(header, part(1, of: mint.token(.ws)), by: key)
        #expect(try Door(node: house).refusal(of: token) == nil)
    }

    @Test("the type of one kind under the audience of the other is a wrong audience")
    func typeAgainstAudience() throws {
        let mint = try mint(.hs256)
        let key = try mint.signingKey()
        let rest = try part(1, of: try mint.token(.rest))
        let token = try Mint.sign(#"{"alg":"HS256","typ":"JWT","kid":"\#(key.kid)"}"#, rest, by: key)
        #expect(try Door(node: house).refusal(of: token, expect: .ws) == .wrongAudience)
        #expect(try Door(node: house).refusal(of: token, expect: .rest) == .wrongAudience)
    }
}
