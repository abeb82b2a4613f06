import Testing
import Tokens

@Suite("The door for conformance vectors answers valid or invalid to every line")
struct JWSCheckTests {
    private func verdict(_ line: String) -> String { JWSCheck.verdict(Array(line.utf8).span) }

    private func verdict(_ algorithm: String, _ jwk: String, _ jws: String) -> String {
        verdict(#"{"tcId":1,"alg":"\#(algorithm)","jwk":\#(jwk),"jws":"\#(jws)"}"#)
    }

    @Test("the signed texts of the RFCs are valid", arguments: SigningKeyVectorTests.vectors)
    func printed(jwk: String, jws: String) throws {
        let algorithm = try signingKey(jwk, kid: "k").algorithm
        #expect(verdict(algorithm.rawValue, jwk, jws) == "valid")
        for other in ["HS256", "ES256", "EdDSA", "RS256", "none", "PS256", "ES512"] where other != algorithm.rawValue {
            #expect(verdict(other, jwk, jws) == "invalid")
        }
        #expect(verdict(algorithm.rawValue, jwk, jws + "A") == "invalid")
        #expect(verdict(algorithm.rawValue, jwk, String(jws.dropLast())) == "invalid")
    }

    @Test("algorithms beyond the four are invalid")
    func otherAlgorithms() {
        #expect(verdict("ES512", SigningVectors.es512JWK, SigningVectors.es512JWS) == "invalid")
        #expect(verdict("PS384", CookbookVectors.rs256JWK, CookbookVectors.ps384JWS) == "invalid")
        #expect(verdict("none", CookbookVectors.hs256JWK, "eyJhbGciOiJub25lIn0.e30.") == "invalid")
    }

    @Test("messages and signatures may come in hex of either case")
    func hex() throws {
        let key = try freshKey(.edDSA)
        let signature = try key.signature(of: "A\u{7F}")
            .map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        let jwk = try #require(key.jwk(.public))
        func line(_ message: String, _ signature: String) -> String {
            #"{"alg":"EdDSA","jwk":\#(jwk),"msg":"\#(message)","sig":"\#(signature)"}"#
        }
        #expect(verdict(line("417f", signature)) == "valid")
        #expect(verdict(line("417F", signature.uppercased())) == "valid")
        #expect(verdict(line("417e", signature)) == "invalid")
        #expect(verdict(line("417", signature)) == "invalid")
        #expect(verdict(line("41zz", signature)) == "invalid")
        #expect(verdict(line("417f", "")) == "invalid")
    }

    @Test("a critical extension is invalid, since none is understood; an unknown member is not")
    func headers() throws {
        let key = try freshKey(.hs256)
        let jwk = try #require(key.jwk(.private))
        func verdict(header: String) throws -> String {
            try self.verdict("HS256", jwk, String(decoding: key.token(header: header), as: UTF8.self))
        }
        #expect(try verdict(header: #"{"alg":"HS256","other":{"a":[1]}}"#) == "valid")
        #expect(try verdict(header: #"{"alg":"HS256","crit":["exp"],"exp":1}"#) == "invalid")
        #expect(try verdict(header: #"{"alg":"HS256","b64":false,"crit":["b64"]}"#) == "invalid")
        #expect(try verdict(header: #"{"alg":"HS256","b64":false}"#) == "invalid")
        #expect(try verdict(header: #"{"alg":"HS384"}"#) == "invalid")
        #expect(try verdict(header: #"{"alg":"HS256","alg":"HS256"}"#) == "invalid")
        #expect(try verdict(header: "{}") == "invalid")
    }

    @Test(
        "a line that makes no sense is invalid",
        arguments: [
            "", "{", "[]", "null", "{}", #"{"alg":"HS256"}"#, #"{"alg":"HS256","jwk":{},"jws":"a.b.c"}"#,
            #"{"alg":"HS256","jwk":[],"msg":"","sig":""}"#, #"{"alg":7,"jwk":{"kty":"oct"}}"#, "\u{0}", "é",
        ])
    func nonsense(line: String) {
        #expect(verdict(line) == "invalid")
    }

    @Test("a line that is not UTF-8 is invalid")
    func binary() {
        let verdict = JWSCheck.verdict([0xFF, 0xFE, 0x00].span)
        #expect(verdict == "invalid")
    }

    @Test("every prefix of a valid line is invalid, and none crashes")
    func prefixes() {
        let line = #"{"alg":"ES256","jwk":\#(SigningVectors.es256JWK),"jws":"\#(SigningVectors.es256JWS)"}"#
        #expect(verdict(line) == "valid")
        for length in 0..<line.utf8.count { #expect(verdict(String(line.prefix(length))) == "invalid") }
    }
}
