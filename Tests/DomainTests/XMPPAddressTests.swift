import Domain
import Testing
import Tokens

@Suite("Any user identifier becomes the local part of an XMPP address by XEP-0106")
struct XMPPAddressTests {
    private let mint: Mint

    init() throws {
        let house = try House()
        var settings = TenantChange()
        settings.xmppHost = .set("h.example")
        try house.addTenant(settings: settings)
        mint = try Mint(house)
    }

    private func jid(_ user: String) throws -> String {
        let claims = try json(try part(1, of: try mint.token(.ws, user: user)))
        return try #require(claims["jid"]?.string)
    }

    /// XEP-0106 version 1.1.1, examples 2 to 6 and section 4.2.
    @Test(
        "the examples of the standard",
        arguments: [
            ("space cadet", #"space\20cadet"#), (#"call me "ishmael""#, #"call\20me\20\22ishmael\22"#),
            ("at&t guy", #"at\26t\20guy"#), ("d'artagnan", #"d\27artagnan"#), ("/.fanboy", #"\2f.fanboy"#),
            ("::foo::", #"\3a\3afoo\3a\3a"#), ("<foo>", #"\3cfoo\3e"#), ("user@host", #"user\40host"#),
            (#"c:\net"#, #"c\3a\net"#), (#"c:\\net"#, #"c\3a\\net"#), (#"c:\cool stuff"#, #"c\3a\cool\20stuff"#),
            (#"c:\5commas"#, #"c\3a\5c5commas"#), (#"\3and\2is\5cool"#, #"\5c3and\2is\5c5cool"#),
            (#"\3and\2is\5@example.com"#, #"\5c3and\2is\5\40example.com"#),
        ])
    func examples(native: String, escaped: String) throws {
        #expect(try jid(native) == escaped + "@h.example")
    }

    @Test("an address has one @ and no slash, also where combining characters follow them")
    func combining() throws {
        for sign in ["@", "/", "\"", "<", ":"] {
            let jid = try jid("victim\(sign)\u{301}x")
            #expect(jid.utf8.filter { $0 == UInt8(ascii: "@") }.count == 1, "\(jid)")
            #expect(!jid.unicodeScalars.dropLast(10).contains { "\"&'/:<>@ ".unicodeScalars.contains($0) }, "\(jid)")
        }
    }

    @Test("two identifiers never have one address")
    func injective() throws {
        let pieces = ["\\", "5c", "40", "@", "20", " ", "a", "\\5c", "\\40", "2", "0"]
        var owners: [String: String] = [:]
        for _ in 0..<3_000 {
            let user = (0..<Int.random(in: 1...5)).map { _ in pieces.randomElement() ?? "" }.joined()
            let address = try jid(user)
            #expect(owners[address, default: user] == user, "\(address)")
            owners[address] = user
        }
    }
}
