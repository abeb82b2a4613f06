import Testing
import Tokens

@Suite("Only sound keys of the four types are imported")
struct JWKRefusalTests {
    private static let x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
    private static let y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
    private static let d = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"
    private static let strong = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    private static func ec(_ rest: String) -> String { #"{"kty":"EC","crv":"P-256",\#(rest)}"# }
    private static func oct(_ rest: String) -> String { #"{"kty":"oct","kid":"k","k":"\#(strong)"\#(rest)}"# }

    static let refusals: [(String, KeyRefusal)] = [
        ("[]", .notAnObject), (#""text""#, .notAnObject), ("{}", .memberMissing), (#"{"kty":7}"#, .memberMissing),
        (SigningVectors.es512JWK, .typeUnsupported), (SigningVectors.x25519JWK, .typeUnsupported),
        (SigningVectors.secp256k1JWK, .typeUnsupported), (CookbookVectors.encryptionJWK, .algorithmMismatch),
        (#"{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}"#, .typeUnsupported),
        (#"{"kty":"EC","x":"\#(x)","y":"\#(y)"}"#, .memberMissing),
        (#"{"kty":"ec","crv":"P-256","x":"\#(x)","y":"\#(y)"}"#, .typeUnsupported),
        (#"{"kty":"OKP","crv":"Ed448","x":"\#(x)"}"#, .typeUnsupported),
        (ec(#""x":"\#(x)""#), .memberMissing), (ec(#""x":"\#(x)","y":7"#), .memberMissing),
        (ec(#""x":"\#(x)","y":"\#(y)=""#), .memberEncoding), (ec(#""x":"\#(x)","y":"AAAA""#), .memberEncoding),
        (ec(#""x":"\#(x)","y":"\#(x)""#), .notAKey), (ec(#""x":"\#(y)","y":"\#(x)","d":"\#(d)""#), .notAKey),
        (ec(#""x":"\#(x)","y":"\#(y)","d":"\#(x)""#), .partsInconsistent),
        (ec(#""x":"\#(x)","y":"\#(y)","d":"AAAA""#), .memberEncoding),
        (ec(#""x":"\#(x)","y":"\#(y)","alg":"ES384""#), .algorithmMismatch),
        (ec(#""x":"\#(x)","y":"\#(y)","alg":"HS256""#), .algorithmMismatch),
        (ec(#""x":"\#(x)","y":"\#(y)","alg":null"#), .algorithmMismatch),
        (ec(#""x":"\#(x)","y":"\#(y)","use":"enc""#), .useMismatch),
        (ec(#""x":"\#(x)","y":"\#(y)","key_ops":["deriveKey"]"#), .useMismatch),
        (ec(#""x":"\#(x)","y":"\#(y)","key_ops":"verify""#), .useMismatch),
        (ec(#""x":"\#(x)","y":"\#(y)","kid":"""#), .kidUnfit), (ec(#""x":"\#(x)","y":"\#(y)","kid":7"#), .kidUnfit),
        (ec(#""x":"\#(x)","y":"\#(y)","kid":"a\"b""#), .kidUnfit),
        (ec(#""x":"\#(x)","y":"\#(y)","kid":"é""#), .kidUnfit),
        (#"{"kty":"OKP","crv":"Ed25519","x":"\#(x)","d":"\#(d)"}"#, .partsInconsistent),
        (#"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#, .memberEncoding),
        (#"{"kty":"oct","kid":"k"}"#, .memberMissing), (#"{"kty":"oct","k":"\#(strong)"}"#, .memberMissing),
        (#"{"kty":"oct","kid":"k","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg"}"#, .tooWeak),
        (oct(#","alg":"HS512""#), .algorithmMismatch), (oct(#","use":"enc""#), .useMismatch),
    ]

    @Test("refused, and for the right reason", arguments: refusals)
    func refusal(jwk: String, reason: KeyRefusal) {
        #expect(throws: TokenFailure.keyRefused(reason)) { try signingKey(jwk) }
    }

    @Test("keys of the same shape without the fault are accepted")
    func control() throws {
        _ = try signingKey(Self.ec(#""x":"\#(Self.x)","y":"\#(Self.y)","d":"\#(Self.d)","alg":"ES256","use":"sig""#))
        _ = try signingKey(Self.ec(#""x":"\#(Self.x)","y":"\#(Self.y)","key_ops":["verify"],"x5c":["ignored"]"#))
        _ = try signingKey(Self.oct(#","alg":"HS256","use":"sig""#))
    }

    @Test("a secret beyond a kilobyte is refused")
    func largeSecret() {
        let secret = Base64URL.encode([UInt8](repeating: 1, count: 1025))
        #expect(throws: TokenFailure.keyRefused(.tooLarge)) {
            try signingKey(#"{"kty":"oct","kid":"k","k":"\#(secret)"}"#)
        }
    }

    @Test("generating refuses a source of randomness that falls short")
    func shortRandomness() {
        #expect(throws: TokenFailure.keyRefused(.tooWeak)) { try SigningKey.generate(.hs256) { _ in [1, 2, 3] } }
    }
}
