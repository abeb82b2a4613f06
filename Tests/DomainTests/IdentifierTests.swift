import Domain
import Testing

@Suite("A tenant's name fits into a URL, a host name and a claim as it is")
struct TenantIDTests {
    @Test(
        "1 to 63 of a–z, 0–9 and inner hyphens",
        arguments: ["a", "0", "acme", "a-b", "a--b", "1a2", String(repeating: "x", count: 63)])
    func accepted(text: String) {
        #expect(Tenant.ID(text)?.text == text)
        #expect(Tenant.ID(text)?.description == text)
    }

    @Test(
        "everything else is refused",
        arguments: [
            "", "-", "-a", "a-", "A", "aB", "a_b", "a.b", "a b", " a", "a/b", "a%b", "a\0", "ä", "a\u{301}", "\u{212A}",
            "..", "a\n", String(repeating: "x", count: 64),
        ])
    func refused(text: String) {
        #expect(Tenant.ID(text) == nil)
    }
}

@Suite("A user's identifier is any text of 1 to 255 bytes without control characters")
struct UserIDTests {
    @Test(
        "text of every script, with spaces and signs, is kept as it came",
        arguments: [
            "u", "user-123", "alice@example.com", "用户", "🙂", " ", "a/b#c,d\"e\\f", "\u{2028}", "\u{200B}", "\u{A0}",
            String(repeating: "x", count: 255), String(repeating: "é", count: 127),
        ])
    func accepted(text: String) throws {
        let id = try #require(User.ID(text))
        #expect(Array(id.text.utf8) == Array(text.utf8))
    }

    @Test("the length is counted in bytes, not in characters")
    func length() {
        #expect(User.ID("") == nil)
        #expect(User.ID(String(repeating: "x", count: 256)) == nil)
        #expect(User.ID(String(repeating: "é", count: 128)) == nil)
    }

    @Test("each of the 65 control characters is refused, also inside and at the end")
    func controls() {
        let controls = (0..<0x20).map(UInt8.init) + (0x7F...0x9F).map(UInt8.init)
        #expect(controls.count == 65)
        for code in controls {
            let control = Unicode.Scalar(code)
            #expect(control.isControl)
            for text in ["\(control)", "a\(control)b", "ab\(control)"] { #expect(User.ID(text) == nil) }
        }
        #expect(!Unicode.Scalar(UInt8(0x20)).isControl && !Unicode.Scalar(UInt8(0xA0)).isControl)
    }

    @Test(
        "identifiers that Unicode holds to be equivalent are two users, as they are in the database",
        arguments: [("\u{E9}", "e\u{301}"), ("K", "\u{212A}"), (";", "\u{37E}")])
    func spelling(one: String, other: String) throws {
        let (first, second) = (try #require(User.ID(one)), try #require(User.ID(other)))
        #expect(first != second)
        #expect(Set([first, second]).count == 2)
        // Who knows users by their hash only would take the two for one.
        #expect(first.hashValue != second.hashValue)
        #expect(Label(one)?.hashValue != Label(other)?.hashValue)
    }
}
