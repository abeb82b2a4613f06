import Testing
import Tokens

@Suite("A token is header, payload and signature in one pass")
struct SigningTokenTests {
    @Test("the header has exactly alg, typ and kid in this order", arguments: SignatureAlgorithm.allCases)
    func header(algorithm: SignatureAlgorithm) throws {
        let key = try freshKey(algorithm, kid: "k 1")
        for type in TokenType.allCases {
            let segment = String(decoding: key.headerSegment(typ: type.rawValue), as: UTF8.self)
            let bytes = try #require(Base64URL.decode(segment))
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text == #"{"alg":"\#(algorithm.rawValue)","typ":"\#(type.rawValue)","kid":"k 1"}"#)
        }
    }

    @Test("the types of the pair are those of RFC 9068 and RFC 7519")
    func types() {
        #expect(TokenType.rest.rawValue == "at+jwt")
        #expect(TokenType.ws.rawValue == "JWT")
    }

    @Test("tokens are appended, read back and verified", arguments: SignatureAlgorithm.allCases)
    func appending(algorithm: SignatureAlgorithm) throws {
        let key = try freshKey(algorithm)
        let header = key.headerSegment(typ: TokenType.ws.rawValue)
        var out = Array("kept ".utf8)
        for length in 1..<90 {
            out.removeSubrange(5...)
            let payload = (0..<length).map { UInt8($0) }
            try key.appendToken(headerSegment: header, payload: payload.span, to: &out)
            #expect(out.starts(with: Array("kept ".utf8)))
            let token = Array(out.dropFirst(5))
            var read: [UInt8] = []
            let unverified = try UnverifiedToken(token.span, payload: &read)
            #expect(read == payload)
            #expect(unverified.algorithm == algorithm && unverified.kid == key.kid && unverified.typ == "JWT")
            #expect(key.accepts(token: token))
        }
    }

    @Test("a public key makes no token")
    func publicKey() throws {
        let key = try signingKey(#require(freshKey(.es256).jwk(.public)))
        #expect(throws: TokenFailure.privatePartMissing) {
            var out: [UInt8] = []
            try key.appendToken(headerSegment: key.headerSegment(typ: "JWT"), payload: [1].span, to: &out)
        }
    }
}
