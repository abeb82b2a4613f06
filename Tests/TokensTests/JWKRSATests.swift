import Testing
import Tokens

@Suite("RSA keys are imported only if they are strong and whole")
struct JWKRSATests {
    private func publicKey(bytes: Int, first: UInt8 = 0xC1, exponent: [UInt8] = [1, 0, 1]) -> String {
        let modulus = [first] + [UInt8](repeating: 0x5B, count: bytes - 1)
        return #"{"kty":"RSA","n":"\#(Base64URL.encode(modulus))","e":"\#(Base64URL.encode(exponent))"}"#
    }

    @Test("a modulus of under 2,048 or over 8,192 bits is refused")
    func modulusSize() throws {
        #expect(throws: TokenFailure.keyRefused(.tooWeak)) { try signingKey(publicKey(bytes: 128)) }
        #expect(throws: TokenFailure.keyRefused(.tooWeak)) { try signingKey(publicKey(bytes: 255)) }
        #expect(throws: TokenFailure.keyRefused(.tooWeak)) { try signingKey(publicKey(bytes: 256, first: 0x7F)) }
        #expect(throws: TokenFailure.keyRefused(.tooLarge)) { try signingKey(publicKey(bytes: 1025)) }
    }

    @Test("an even, a small or an endless exponent is refused")
    func exponent() {
        for weak: [UInt8] in [[3], [17], [1, 0, 0], [1, 0, 2], [0xFF, 0xFF]] {
            #expect(throws: TokenFailure.keyRefused(.tooWeak)) {
                try signingKey(publicKey(bytes: 256, exponent: weak))
            }
        }
        #expect(throws: TokenFailure.keyRefused(.tooLarge)) {
            try signingKey(publicKey(bytes: 256, exponent: [1, 0, 0, 0, 0, 0, 0, 0, 1]))
        }
    }

    @Test("numbers with a leading zero byte are refused (RFC 7518 §2)")
    func leadingZero() {
        #expect(throws: TokenFailure.keyRefused(.memberEncoding)) {
            try signingKey(publicKey(bytes: 257, first: 0))
        }
        #expect(throws: TokenFailure.keyRefused(.memberEncoding)) {
            try signingKey(publicKey(bytes: 256, exponent: [0, 1, 0, 1]))
        }
    }

    @Test("a private key that lacks a number or has another key's number is refused")
    func privateNumbers() throws {
        let whole = SigningVectors.rs256JWK
        for name in ["d", "p", "q", "dp", "dq", "qi"] {
            let missing = whole.replacing("\"\(name)\":", with: "\"other\":")
            #expect(throws: TokenFailure.keyRefused(.memberMissing)) { try signingKey(missing) }
        }
        let foreign = try #require(signingJWK(CookbookVectors.rs256JWK)["d"]?.string)
        let own = try #require(signingJWK(whole)["d"]?.string)
        #expect(throws: TokenFailure.keyRefused(.partsInconsistent)) {
            try signingKey(whole.replacing(own, with: foreign))
        }
        #expect(throws: TokenFailure.keyRefused(.typeUnsupported)) {
            try signingKey(whole.replacing(#"{"kty""#, with: #"{"oth":[],"kty""#))
        }
    }

    @Test("a private number longer than the modulus is refused before any work on it")
    func endlessNumber() throws {
        let factor = try #require(signingJWK(SigningVectors.rs256JWK)["p"]?.string)
        let endless = Base64URL.encode([UInt8](repeating: 0xFF, count: 100_000))
        #expect(throws: TokenFailure.keyRefused(.tooLarge)) {
            try signingKey(SigningVectors.rs256JWK.replacing(factor, with: endless))
        }
    }
}
