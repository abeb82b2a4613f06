import Testing
import Tokens

@Suite("A token is read only in its one form")
struct UnverifiedTokenTests {
    private let good = #"{"alg":"HS256","typ":"JWT","kid":"k1"}"#

    private func parse(_ token: [UInt8]) throws(TokenFailure) -> UnverifiedToken {
        var payload: [UInt8] = [9]
        do {
            return try UnverifiedToken(token.span, payload: &payload)
        } catch {
            #expect(payload == [9])
            throw error
        }
    }

    private func parse(header: String) throws -> UnverifiedToken {
        try parse(freshKey(.hs256).token(header: header))
    }

    @Test("the fields and the payload of a good token")
    func goodToken() throws {
        let token = try freshKey(.hs256).token(header: good, payload: #"{"sub":"u"}"#)
        var payload = Array("kept".utf8)
        let read = try UnverifiedToken(token.span, payload: &payload)
        #expect(read.algorithm == .hs256)
        #expect(read.typ == "JWT")
        #expect(read.kid == "k1")
        #expect(payload == Array(#"kept{"sub":"u"}"#.utf8))
        let segments = TokenSegments(token.span)
        #expect(read.segments == segments)
    }

    @Test(
        "the header may be spaced, reordered and escaped",
        arguments: [
            #"{"kid":"k1","typ":"JWT","alg":"HS256"}"#, #" { "alg" : "HS256" , "typ":"JWT","kid":"k1" } "#,
            #"{"\u0061lg":"HS256","typ":"JWT","kid":"k\u0031"}"#,
        ])
    func spelling(header: String) throws {
        let read = try parse(header: header)
        #expect(read.algorithm == .hs256 && read.typ == "JWT" && read.kid == "k1")
    }

    static let badHeaders: [(String, TokenFailure)] =
        ["none", "None", "NONE", "nOnE", "noNe", "", "HS384", "hs256", "HS256 ", "ES256K", "PS256", "RS1", "A128KW"]
        .map { (#"{"alg":"\#($0)","typ":"JWT","kid":"k1"}"#, .algorithmRefused) } + [
            (#"{"alg":"none"}"#, .algorithmRefused),
            (#"{"alg":"n\u006fne","typ":"JWT","kid":"k1"}"#, .algorithmRefused),
        ]
        + ["jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "crit", "zip", "b64", "enc", "cty", "Alg", "KID", "nonce"]
        .map {
            (#"{"alg":"HS256","typ":"JWT","kid":"k1","\#($0)":"v"}"#, .malformed(.headerMemberUnknown))
        } + [
            (#"{"typ":"JWT","kid":"k1"}"#, .malformed(.headerMemberMissing)),
            (#"{"alg":"HS256","kid":"k1"}"#, .malformed(.headerMemberMissing)),
            (#"{"alg":"HS256","typ":"JWT"}"#, .malformed(.headerMemberMissing)),
            (#"{"alg":7,"typ":"JWT","kid":"k1"}"#, .malformed(.headerMemberMissing)),
            (#"{"alg":"HS256","typ":null,"kid":"k1"}"#, .malformed(.headerMemberMissing)),
            (#"{"alg":"HS256","typ":"JWT","kid":["k1"]}"#, .malformed(.headerMemberMissing)),
            (#"["HS256"]"#, .malformed(.headerNotJSON)), ("alg", .malformed(.headerNotJSON)),
            (#"{"alg":"HS256","typ":"JWT","kid":"k1"}}"#, .malformed(.headerNotJSON)),
            (#"{"alg":"HS256","typ":"JWT","kid":"k1",}"#, .malformed(.headerNotJSON)),
            (#"{"alg":"HS256","alg":"none","typ":"JWT","kid":"k1"}"#, .malformed(.headerNotJSON)),
            (#"{"alg":"HS256","typ":"JWT","kid":"k1","kid":"k2"}"#, .malformed(.headerNotJSON)),
        ]

    @Test("refused headers, and why", arguments: badHeaders)
    func badHeader(header: String, failure: TokenFailure) {
        #expect(throws: failure) { try parse(header: header) }
    }

    @Test("none is refused in each of its sixteen spellings")
    func none() {
        for mask in 0..<16 {
            let name = String("none".enumerated().map { mask >> $0 & 1 == 1 ? Character($1.uppercased()) : $1 })
            #expect(throws: TokenFailure.algorithmRefused) {
                try parse(header: #"{"alg":"\#(name)","typ":"JWT","kid":"k1"}"#)
            }
        }
    }

    @Test(
        "anything but three non-empty segments is refused",
        arguments: [
            "", ".", "..", "...", "a", "a.b", "a.b.", ".b.c", "a..c", "a.b.c.d", "a.b.c.", ".a.b.c", "a.b.c.d.e",
        ])
    func segments(token: String) {
        #expect(throws: TokenFailure.malformed(.notThreeSegments)) { try parse(Array(token.utf8)) }
    }

    @Test("each part has to be canonical base64url")
    func encoding() throws {
        let parts = try String(decoding: freshKey(.hs256).token(header: good), as: UTF8.self).split(separator: ".")
        for index in 0..<3 {
            for bad in ["=", "\n", "+", "A A", "é"] {
                var changed = parts.map(String.init)
                changed[index] += bad
                #expect(throws: TokenFailure.malformed(.notBase64URL)) {
                    try parse(Array(changed.joined(separator: ".").utf8))
                }
            }
        }
    }

    @Test("a token of 8 KiB is read, a longer one refused unread")
    func length() throws {
        let key = try freshKey(.hs256)
        let rest = try key.token(header: good, payload: "").count
        let fitting = try key.token(header: good, payload: String(repeating: "x", count: (8192 - rest) * 3 / 4))
        #expect(fitting.count == 8192)
        _ = try parse(fitting)
        #expect(throws: TokenFailure.malformed(.tooLong)) { try parse(fitting + [UInt8(ascii: "A")]) }
    }

    @Test("every truncation of a token is refused or fails to verify", arguments: SignatureAlgorithm.allCases)
    func truncation(algorithm: SignatureAlgorithm) throws {
        let key = try freshKey(algorithm)
        var token: [UInt8] = []
        try key.appendToken(headerSegment: key.headerSegment(typ: "JWT"), payload: Array("{}".utf8).span, to: &token)
        for length in 0..<token.count {
            let cut = Array(token.prefix(length))
            if (try? parse(cut)) != nil { #expect(!key.accepts(token: cut)) }
        }
    }
}
