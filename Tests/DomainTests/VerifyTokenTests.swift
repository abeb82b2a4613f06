import Domain
import Testing
import Tokens

@Suite("A token opens the door it was made for, of the tenant that issued it, until it expires")
struct VerifyTokenTests {
    private let house: House
    private let mint: Mint
    private let node: Door

    init() throws {
        house = try House()
        try house.addTenant()
        mint = try Mint(house)
        node = try Door(node: house)
    }

    @Test("a genuine token is valid and tells what it says", arguments: TokenKind.allCases)
    func valid(kind: TokenKind) throws {
        let draft = try mint.draft()
        let token = try mint.token(kind, user: User(id: try #require(User.ID("用户 \"1\""))), of: draft)
        guard case .valid(let verified) = try node.verdict(on: token, expect: kind) else {
            Issue.record("refused")
            return
        }
        #expect(verified.kind == kind && verified.tenant.text == "acme" && verified.user.text == "用户 \"1\"")
        #expect(verified.grant == draft.grant)
        #expect(verified.issuedAt == Timestamp(seconds: 1_767_323_045))
        #expect(verified.expiresAt == Timestamp(seconds: 1_767_409_445))
        #expect(String(decoding: verified.claims, as: UTF8.self) == (try part(1, of: token)))
    }

    @Test("a REST token is refused where a WS token is expected, and the other way round")
    func wrongKind() throws {
        #expect(try node.refusal(of: try mint.token(.rest), expect: .ws) == .wrongKind)
        #expect(try node.refusal(of: try mint.token(.ws), expect: .rest) == .wrongKind)
    }

    @Test("a token is valid to the last millisecond and expired exactly at exp")
    func expiry() throws {
        let token = try mint.token(.ws)
        house.clock.set(Timestamp(milliseconds: 1_767_409_444_999))
        #expect(try node.refusal(of: token) == nil)
        house.clock.set(Timestamp(milliseconds: 1_767_409_445_000))
        #expect(try node.refusal(of: token) == .expired)
    }

    @Test("a clock set back an hour makes no genuine token invalid")
    func clockSetBack() throws {
        let token = try mint.token(.ws)
        house.clock.set(house.clock.now.adding(seconds: -3_600))
        #expect(try node.refusal(of: token) == nil)
    }

    @Test("every bit of the signature counts", arguments: SignatureAlgorithm.allCases)
    func tampered(algorithm: SignatureAlgorithm) throws {
        try house.addTenant("other", algorithm)
        let token = try Mint(house, tenant: "other").token(.ws)
        let dot = try #require(token.lastIndex(of: "."))
        let signature = try #require(Base64URL.decode(String(token[token.index(after: dot)...])))
        for index in signature.indices.filter({ algorithm == .hs256 || $0 % 37 == 0 }) {
            var changed = signature
            changed[index] ^= 1 << UInt8.random(in: 0..<8)
            let forged = token[...dot] + Base64URL.encode(changed)
            #expect(try node.refusal(of: String(forged)) == .signatureInvalid)
        }
    }

    @Test("a claim changed after signing is noticed")
    func changedClaim() throws {
        let parts = try mint.token(.ws).split(separator: ".")
        let payload = try #require(Base64URL.decode(String(parts[1])))
        let text = String(decoding: payload, as: UTF8.self)
        let changed = text.split(separator: "user-123", maxSplits: 1).joined(separator: "user-124")
        #expect(changed != text)
        let forged = "\(parts[0]).\(Base64URL.encode(bytes(changed))).\(parts[2])"
        #expect(try node.refusal(of: forged) == .signatureInvalid)
    }

    @Test(
        "what is no JWT of ours is malformed",
        arguments: [
            "", "x", "..", "a.b", "a.b.c.d", "!!!.e30.AAAA", "e30.e30.", "e30..AAAA", ".e30.AAAA", "e30.e30.AAAA",
            String(repeating: "a", count: 9_000) + ".e30.AAAA",
        ])
    func malformed(token: String) throws {
        #expect(try node.refusal(of: token) == .malformed)
    }

    @Test("the token of a tenant that does not exist, and of another deployment, has an unknown issuer")
    func unknownIssuer() throws {
        for issuer in [
            "https://chat.example/t/nobody", "https://chat.example/t/", "https://chat.example/t/ACME",
            "https://evil.example/t/acme", "https://chat.example/t/acme/", "acme", "https://chat.example/t/acme?x",
        ] {
            let payload = try claims { $0["iss"] = "\"\(issuer)\"" }
            #expect(try node.refusal(of: try sign(payload)) == .issuerUnknown, "\(issuer)")
        }
    }

    @Test("a wrong audience is refused though signature, kind and dates are right")
    func wrongAudience() throws {
        for audience in ["chat-api", "chat", "", "chat-realtime "] {
            let payload = try claims { $0["aud"] = "\"\(audience)\"" }
            #expect(try node.refusal(of: try sign(payload)) == .wrongAudience, "\(audience)")
        }
    }

    @Test("claims of another type than ours are malformed, though signed by our key")
    func otherTypes() throws {
        let changes: [(String, String?)] = [
            ("exp", nil), ("exp", "\"1767409445\""), ("exp", "1767409445.0"), ("exp", "1.767409445e9"), ("exp", "-1"),
            ("exp", "9999999999999"), ("iat", nil), ("iat", "true"), ("aud", #"["chat-realtime"]"#), ("aud", nil),
            ("sub", "1"), ("sub", nil), ("sub", #""""#), ("sub", #""a\u0000b""#), ("jti", nil),
            ("jti", #""017f22e2-79b0-7cc3-98c4-dc0c0c07398f""#), ("jti", #""x.ws""#),
            ("jti", #""017f22e2-79b0-7cc3-98c4-dc0c0c07398f.rest""#),
            ("jti", #""017F22E2-79B0-7CC3-98C4-DC0C0C07398F.ws""#), ("iss", "null"), ("iss", nil),
        ]
        for (name, value) in changes {
            let payload = try claims { $0[name] = value }
            #expect(try node.refusal(of: try sign(payload)) == .malformed, "\(name): \(value ?? "absent")")
        }
    }

    @Test("a member named twice makes a token malformed, so that no two readers can disagree on it")
    func duplicates() throws {
        let payload = try claims { _ in }
        let twice = payload.dropLast() + #","sub":"user-124"}"#
        #expect(try node.refusal(of: try sign(String(twice))) == .malformed)
        let escaped = payload.dropLast() + #","s\u0075b":"user-124"}"#
        #expect(try node.refusal(of: try sign(String(escaped))) == .malformed)
    }

    @Test("a subject written with escapes is the subject it stands for")
    func escapes() throws {
        let payload = try claims { $0["sub"] = #""user\u002d123""# }
        guard case .valid(let token) = try node.verdict(on: try sign(payload)) else {
            Issue.record("refused")
            return
        }
        #expect(token.user.text == "user-123")
    }

    /// The claims of a WS token that is right in everything, as they are after `change`; values are JSON texts.
    private func claims(_ change: (inout [String: String]) -> Void) throws -> String {
        var claims = [
            "iss": #""https://chat.example/t/acme""#, "sub": #""user-123""#, "aud": #""chat-realtime""#,
            "iat": "1767323045", "exp": "1767409445", "jti": #""017f22e2-79b0-7cc3-98c4-dc0c0c07398f.ws""#,
        ]
        change(&claims)
        return "{" + claims.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }

    /// A WS token with these claims, signed by the tenant's key.
    private func sign(_ payload: String) throws -> String {
        let key = try mint.signingKey()
        return try Mint.sign(#"{"alg":"HS256","typ":"JWT","kid":"\#(key.kid)"}"#, payload, by: key)
    }
}
