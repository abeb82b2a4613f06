import Domain
import Testing
import Tokens

@Suite("What browsers hold is this deployment's, whole, and for one thing alone")
struct SessionTokensTests {
    private let vault: Vault
    private let tokens: SessionTokens
    private let id = Session.ID(world: .system)
    private let account = Account.ID(world: .system)

    init() throws {
        vault = Vault(master: try MasterKey([UInt8](repeating: 7, count: 32)))
        tokens = try SessionTokens(vault: vault, publicURL: "https://chat.example")
    }

    private func token(_ tokens: SessionTokens) throws -> String {
        try tokens.make(
            for: id, of: account, from: Timestamp(seconds: 1_000), until: Timestamp(seconds: 605_800), world: .system)
    }

    @Test("every node with the master key reads a token; its hash is that of the whole text")
    func read() throws {
        let text = try token(tokens)
        let other = try SessionTokens(vault: vault, publicURL: "https://elsewhere.example")
        let found = try #require(other.read(text))
        #expect(found.id == id && found.hash == SHA256.digest(text.utf8.span))
        #expect(try token(tokens) != text, "two tokens of one session differ by their random part")
        var payload: [UInt8] = []
        _ = try UnverifiedToken(text.utf8.span, payload: &payload)
        let claims = try JSON.parse(payload.span, maximumDepth: 2)
        #expect(claims["sub"]?.string == account.text && claims["exp"]?.integer == 605_800)
    }

    @Test("a token that was changed anywhere, or made under another key, is none")
    func forged() throws {
        let text = try token(tokens)
        for index in stride(from: 0, to: text.utf8.count, by: 7) {
            var bytes = Array(text.utf8)
            bytes[index] = bytes[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(tokens.read(String(decoding: bytes, as: UTF8.self)) == nil, "byte \(index)")
        }
        let stranger = Vault(master: try MasterKey([UInt8](repeating: 8, count: 32)))
        #expect(try tokens.read(token(SessionTokens(vault: stranger, publicURL: "https://chat.example"))) == nil)
        for bad in ["", "a.b.c", String(repeating: "a", count: 10_000)] { #expect(tokens.read(bad) == nil) }
    }

    @Test("keys for several purposes have nothing in common")
    func purposes() throws {
        var marks: Set<[UInt8]> = []
        for purpose in ["session", "csrf", "device"] {
            var mark: [UInt8] = []
            try vault.derivedKey(for: purpose).sign("same".utf8.span, appendingTo: &mark)
            marks.insert(mark)
        }
        #expect(marks.count == 3)
    }

    @Test("a CSRF token is that of one session, a device's mark that of one account")
    func marks() throws {
        let csrf = tokens.csrfToken(of: id)
        #expect(tokens.isCSRFToken(csrf, of: id) && csrf == tokens.csrfToken(of: id))
        #expect(!tokens.isCSRFToken(csrf, of: Session.ID(world: .system)) && !tokens.isCSRFToken("", of: id))
        let (ann, bob) = (try #require(EmailAddress("ann@a.example")), try #require(EmailAddress("bob@a.example")))
        let password = PasswordHash.ofNobody(cost: .unsafelyCheap, world: .system)
        let mark = tokens.deviceMark(for: ann, with: password, world: .system)
        let device = try #require(tokens.device(mark, for: ann))
        #expect(mark.hasPrefix(device.name + ".") && mark.utf8.count <= 128)
        #expect(tokens.device(mark, for: bob) == nil)
        #expect(tokens.device(mark + "x", for: ann) == nil && tokens.device("", for: ann) == nil)
        let other = tokens.deviceMark(for: ann, with: password, world: .system)
        #expect(tokens.device(other, for: ann).map { $0.name != device.name } == true)
    }

    @Test("a device's mark is that of one password: who changes it has forgotten all devices")
    func marksOfPasswords() throws {
        let ann = try #require(EmailAddress("ann@a.example"))
        let (old, new) = (
            PasswordHash.ofNobody(cost: .unsafelyCheap, world: .system),
            PasswordHash.ofNobody(cost: .unsafelyCheap, world: .system)
        )
        let marks = [old, new].map { tokens.deviceMark(for: ann, with: $0, world: .system) }
        let devices = try marks.map { try #require(tokens.device($0, for: ann)) }
        #expect(tokens.isKnown(devices[0], with: old) && !tokens.isKnown(devices[0], with: new))
        #expect(tokens.isKnown(devices[1], with: new) && !tokens.isKnown(devices[1], with: old))
        let parts = marks.map { $0.split(separator: ".") }
        let mixed = "\(parts[0][0]).\(parts[1][1]).\(parts[0][2])"
        #expect(tokens.device(mixed, for: ann) == nil, "the password is signed with it")
    }
}
