import Domain
import Testing
import Tokens

@Suite("Both tokens of a pair have exactly the header and the claims that gateways accept")
struct TokenDraftTests {
    private let house: House

    init() throws {
        house = try House()
    }

    private func mint(_ settings: TenantChange = TenantChange()) throws -> Mint {
        try house.addTenant(settings: settings)
        return try Mint(house)
    }

    private func user(
        _ id: String = "user-123", name: String? = nil, image: String? = nil, custom: String? = nil
    ) throws -> User {
        User(id: try #require(User.ID(id)), name: name, image: image, custom: custom.map(bytes))
    }

    private func claims(
        _ kind: TokenKind, _ user: User, _ mint: Mint, _ draft: TokenDraft? = nil
    ) throws -> JSON {
        try json(try part(1, of: try mint.token(kind, user: user, of: draft)))
    }

    @Test("the header has the three members alg, typ and kid", arguments: SignatureAlgorithm.allCases)
    func header(algorithm: SignatureAlgorithm) throws {
        try house.addTenant("acme", algorithm)
        let mint = try Mint(house)
        let kid = try mint.signingKey().kid
        for (kind, type) in [(TokenKind.rest, "at+jwt"), (.ws, "JWT")] {
            let header = try part(0, of: try mint.token(kind))
            #expect(header == #"{"alg":"\#(algorithm.rawValue)","typ":"\#(type)","kid":"\#(kid)"}"#)
        }
    }

    @Test("the REST token's claims, each with its value, and no other")
    func rest() throws {
        let mint = try mint()
        let draft = try mint.draft()
        let text = try part(1, of: try mint.token(.rest, user: user(name: "Alice", custom: #"{"a":1}"#), of: draft))
        #expect(
            text == #"{"iss":"https://chat.example/t/acme","sub":"user-123","aud":"chat-api","client_id":"acme","#
                + #""iat":1767323045,"exp":1767409445,"jti":"\#(draft.grant).rest","scope":"chat:rest","#
                + #""akid":"0123456789AB"}"#)
    }

    @Test("the WS token's claims, each with its value, and no other")
    func realtime() throws {
        let mint = try mint()
        let draft = try mint.draft(expiresIn: 60, channels: #"["news","a,#b"]"#)
        let alice = try user(name: "Alice", image: "https://a.example/x.png")
        #expect(
            try part(1, of: try mint.token(.ws, user: alice, of: draft))
                == #"{"iss":"https://chat.example/t/acme","sub":"user-123","aud":"chat-realtime","#
                + #""iat":1767323045,"exp":1767323105,"jti":"\#(draft.grant).ws","scope":"chat:ws","#
                + #""akid":"0123456789AB","info":{"name":"Alice","image":"https://a.example/x.png"},"#
                + #""meta":{"tenant":"acme"},"channels":["news","a,#b"]}"#)
    }

    @Test("info has the members that the user has")
    func info() throws {
        let mint = try mint()
        #expect(try claims(.ws, user(), mint)["info"] == json("{}"))
        #expect(try claims(.ws, user(name: "A"), mint)["info"] == json(#"{"name":"A"}"#))
        #expect(try claims(.ws, user(image: "https://b"), mint)["info"] == json(#"{"image":"https://b"}"#))
    }

    @Test("no slash is escaped, and no claim that a gateway would act on is there unasked")
    func plainness() throws {
        let mint = try mint()
        let alice = try user("a/b", name: "A/B", image: "https://a.example/")
        for kind in TokenKind.allCases {
            let text = try part(1, of: try mint.token(kind, user: alice))
            #expect(!text.contains(#"\/"#))
            let names = try #require(try json(text).members).map(\.name)
            #expect(Set(names).isDisjoint(with: ["nbf", "channel", "authorization", "subs", "expire_at", "channels"]))
        }
        #expect(try claims(.ws, alice, mint)["client_id"] == nil)
        #expect(try claims(.rest, alice, mint)["jid"] == nil)
    }

    @Test(
        "dates are JSON integers and aud is one string, whatever the milliseconds", arguments: [0, 1, 499, 500, 999])
    func types(milliseconds: Int64) throws {
        house.clock.set(Timestamp(milliseconds: 1_767_323_045_000 + milliseconds))
        let mint = try mint()
        for kind in TokenKind.allCases {
            let claims = try claims(kind, user(), mint)
            #expect(claims["iat"]?.integer == 1_767_323_045)
            #expect(claims["exp"]?.integer == 1_767_409_445)
            #expect(claims["aud"]?.string == house.deployment.audience(of: kind))
        }
    }

    @Test(
        "any user identifier and name survives as it came",
        arguments: ["\"\\", "用户🙂", "a\u{2028}b", "e\u{301}", "</script>", "\u{FFFD}"])
    func anyText(text: String) throws {
        let mint = try mint()
        for kind in TokenKind.allCases {
            let claims = try claims(kind, user(text, name: text), mint)
            #expect(claims["sub"]?.string.map(bytes) == bytes(text))
            if kind == .ws { #expect(claims["info"]?["name"]?.string.map(bytes) == bytes(text)) }
        }
    }

    @Test("custom metadata stays out of tokens unless the tenant lists its members")
    func custom() throws {
        let alice = try user(custom: #"{"role":"admin","n":1.50,"role2":{"a":[1]},"r\u006fle3":null}"#)
        let plain = try mint()
        for kind in TokenKind.allCases { #expect(try claims(kind, alice, plain)["custom"] == nil) }
        var settings = TenantChange()
        settings.tokenClaims = ["role2", "role", "n", "absent", "role3"]
        try house.addTenant("other", settings: settings)
        let other = try Mint(house, tenant: "other")
        for kind in TokenKind.allCases {
            let text = try part(1, of: try other.token(kind, user: alice))
            #expect(text.hasSuffix(#","custom":{"role":"admin","n":1.50,"role2":{"a":[1]},"role3":null}}"#))
        }
        #expect(try claims(.rest, user(custom: #"{"else":1}"#), other)["custom"] == nil)
        #expect(try claims(.rest, user(), other)["custom"] == nil)
    }

    @Test("custom metadata comes with plain slashes, whatever its escapes, and else as it is stored")
    func customSlashes() throws {
        var settings = TenantChange()
        settings.tokenClaims = ["role", "org/unit"]
        let mint = try mint(settings)
        let custom = #"{"role":"a\/b","org\/unit":[1.50,{"x\/":"\\\/","\"":"\u002f\\/\\"}],"else":"\/"}"#
        for kind in TokenKind.allCases {
            let text = try part(1, of: try mint.token(kind, user: user(custom: custom)))
            #expect(
                text.hasSuffix(
                    #","custom":{"role":"a/b","org/unit":[1.50,{"x/":"\\/","\"":"\u002f\\/\\"}]}}"#))
        }
    }

    @Test("the jid is there only where the tenant has an XMPP host, and only in the WS token")
    func jid() throws {
        var settings = TenantChange()
        settings.xmppHost = .set("xmpp.example")
        let mint = try mint(settings)
        #expect(try claims(.ws, user(), mint)["jid"]?.string == "user-123@xmpp.example")
        #expect(try claims(.rest, user(), mint)["jid"] == nil)
    }
}
