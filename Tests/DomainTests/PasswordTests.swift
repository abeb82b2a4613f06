import Domain
import Testing
import Tokens

@Suite("Which passwords are taken, and how they are kept")
struct PasswordTests {
    private func complaint(_ text: String, _ email: String = "ann.smith@acme.example") throws -> String? {
        try #require(Password(text)).complaint(for: try #require(EmailAddress(email)))
    }

    @Test(
        "long ones, unusual ones, and everything that people speak",
        arguments: [
            "four sheep on a hill", "vK3#pqzw", "Grüße aus Zürich", "пароль на память", "🐑🐑🐏🐑🐐🐄🐖🐓", "        x        ",
            "8 digits & 4127", "kx7-qpwm-2tz", "qwerty is not all of it", String(repeating: "ab3-", count: 200) + "z",
        ])
    func taken(text: String) throws { #expect(try complaint(text) == nil) }

    @Test(
        "short ones, and those that are tried first, however they are dressed up",
        arguments: [
            "", "sheep", "7 chars", "password", "Password1", "P@ssw0rd!", "PASSWORD2024", "12345678",
            "1234567890123456",
            "qwertyuiop", "Qwerty123456!", "iloveyou22", "letmein!!!", "aaaaaaaaaaaaaaaa", "abababababababab",
            "passwordpassword", "dragondragondragon", "abcdefghijklmnop", "1q2w3e4r5t", "zaq12wsx",
            "correcthorsebatterystaple", "Sunshine2025", "!!baseball!!", "trustno1", "ponmlkjihgfedcba",
        ])
    func refused(text: String) throws { #expect(try complaint(text) != nil, "\(text)") }

    @Test("the account's own address is no password; a short name in it by chance does not matter")
    func ownAddress() throws {
        #expect(try complaint("I am ann.smith, really") != nil)
        #expect(try complaint("ANN.SMITH@acme.example") != nil)
        #expect(try complaint("a manner of speaking", "ann@acme.example") == nil)
    }

    @Test("up to 1,024 bytes count, each of them; longer ones are not taken at all")
    func longest() throws {
        let text = String(repeating: "x7", count: 511)
        #expect(Password(text + "abc") == nil)
        let hash = try PasswordHash(of: try #require(Password(text + "ab")), cost: .unsafelyCheap, world: .system)
        #expect(try hash.matches(try #require(Password(text + "ab"))))
        #expect(try !hash.matches(try #require(Password(text + "ac"))))
    }

    @Test("canonically equivalent spellings are one password, and compatible ones are not")
    func normalized() throws {
        let hash = try PasswordHash(
            of: try #require(Password("Caf\u{E9} au lait")), cost: .unsafelyCheap, world: .system)
        #expect(try hash.matches(try #require(Password("Cafe\u{301} au lait"))))
        #expect(try !hash.matches(try #require(Password("Cafe au lait"))))
    }

    @Test("a stored hash says what it cost, has its own salt, and is read back")
    func stored() throws {
        let password = try #require(Password("four sheep on a hill"))
        let one = try PasswordHash(of: password, cost: .unsafelyCheap, world: .system)
        let other = try PasswordHash(of: password, cost: .unsafelyCheap, world: .system)
        #expect(one.text.hasPrefix("$scrypt$ln=10,r=1,p=1$") && one != other)
        #expect(try #require(PasswordHash(one.text)).matches(password))
        for bad in [
            "", "x", "$scrypt$ln=10,r=1,p=1$$", "$scrypt$ln=99,r=1,p=1$AAAA$AAAA", "$argon2$" + one.text.dropFirst(8),
        ] {
            #expect(PasswordHash(bad) == nil, "\(bad)")
        }
    }

    @Test("a password does not show in what is printed of it")
    func hidden() throws {
        let password = try #require(Password("four sheep on a hill"))
        #expect(!"\(password)".contains("sheep") && !String(reflecting: password).contains("sheep"))
        var text = ""
        dump(password, to: &text)
        #expect(!text.contains("sheep") && !text.contains("102"))
    }
}

@Suite("Addresses by which accounts are known")
struct EmailAddressTests {
    @Test("case does not matter", arguments: ["Ann@Acme.Example", "ann@acme.example", "ANN@ACME.EXAMPLE"])
    func folded(text: String) { #expect(EmailAddress(text)?.text == "ann@acme.example") }

    @Test(
        "what is no address, or could be taken for another one, is none",
        arguments: [
            "", "ann", "@acme.example", "ann@", "a@b@c.example", "ann smith@acme.example", "ann@acme..example",
            "ann@-acme.example", "änn@acme.example", "ann@аcme.example", "ann@acme.example\n", "ann\0@acme.example",
            String(repeating: "a", count: 65) + "@acme.example",
            "a@" + String(repeating: "a.", count: 126) + "b",
        ])
    func refused(text: String) { #expect(EmailAddress(text) == nil) }
}
