import Domain
import SQLiteStorage
import Testing
import Tokens

@Suite("Keys of other systems work as they are, and floods of invented ones stay outside")
struct ImportedKeyTests {
    private let house: House
    private let authenticate: Authenticate

    init() throws {
        house = try House()
        try house.addTenant()
        authenticate = Authenticate(directory: house.directory, world: house.world)
    }

    private func hash(_ text: String) -> Digest { SHA256.digest(Array(text.utf8).span) }

    @discardableResult
    private func bring(_ text: String, prefix: String = "zmc_", terms: KeyTerms = KeyTerms()) throws -> APIKey {
        let given = KeyImport(name: "old", prefix: prefix, hash: hash(text), terms: terms)
        let key = try house.keys.import(given, for: try house.state().tenant.id, by: .tests).key
        house.directory.apply([Change(sequence: 1, subject: .apiKey(key.id))])
        return key
    }

    /// The failure, or nil where the key is good; counts what had to be loaded.
    private func failure(_ text: String, loads: inout Int) throws -> Failure? {
        for _ in 0..<6 {
            switch authenticate(text, needs: .verify) {
            case .caller: return nil
            case .refused(let failure): return failure
            case .load(let want):
                loads += 1
                try house.directory.load(want)
            }
        }
        throw House.Absent()
    }

    private func failure(_ text: String) throws -> Failure? {
        var loads = 0
        return try failure(text, loads: &loads)
    }

    @Test("an imported key is good, also for who tried it before, and only as a whole")
    func good() throws {
        let text = "zmc_live_ÄÖ 0123"
        #expect(try failure(text) == .apiKeyInvalid)
        let key = try bring(text)
        #expect(try failure(text) == nil)
        guard case .caller(let caller) = authenticate(text, needs: .issue) else {
            Issue.record("refused"); return
        }
        #expect(caller.key.id == key.id && caller.tenant?.tenant.id.text == "acme")
        for wrong in ["zmc_", "zmc_live", text + " ", "zmc_live_äö 0123", "xmc_live_ÄÖ 0123"] {
            #expect(try failure(wrong) == .apiKeyInvalid, "\(wrong)")
        }
    }

    @Test("its secret is of no use in the shape of this server's keys, nor theirs in its shape")
    func shapes() throws {
        let own = APIKey.Secret(prefix: "chatsdk", world: house.world)
        let id = own.id
        let text = own.revealOnce()
        let secret = String(text.dropFirst(20).prefix(32))
        // Whoever imported the hash of a bare secret would have a key that two texts open.
        try bring("zmc_" + secret)
        #expect(try failure(text) == .apiKeyInvalid)
        #expect(try house.storage.apiKey(id) == nil)
    }

    @Test("rotation gives a key of this server; the old text works through the grace, revocation ends both")
    func rotation() throws {
        let text = "zmc_rotating"
        let key = try bring(text)
        let issued = try house.keys.rotate(key.id, graceSeconds: 60)
        house.directory.apply([Change(sequence: 2, subject: .apiKey(key.id))])
        #expect(try failure(text) == nil && failure(issued.text) == nil)
        house.clock.advance(milliseconds: 60_001)
        house.directory.confirmFresh(now: house.clock.monotonic)
        #expect(try failure(text) == .apiKeyInvalid && failure(issued.text) == nil)
        _ = try house.keys.revoke(key.id)
        house.directory.apply([Change(sequence: 3, subject: .apiKey(key.id))])
        #expect(try failure(text) == .apiKeyInvalid && failure(issued.text) == .apiKeyRevoked)
    }

    @Test("a text with a prefix that nobody imported costs one look-up for all of them")
    func foreignPrefixes() throws {
        try bring("zmc_a")
        var loads = 0
        for number in 0..<100 { #expect(try failure("sk_live_\(number)", loads: &loads) == .apiKeyInvalid) }
        #expect(loads == 1)
        #expect(try failure("zmc_" + String(repeating: "x", count: 600), loads: &loads) == .apiKeyInvalid)
        #expect(try failure("chatsdk_x", loads: &loads) == .apiKeyInvalid && loads == 1)
    }

    @Test("invented texts with an imported prefix are looked up once each, so many at most, and known keys go on")
    func floods() throws {
        try bring("zmc_known")
        try bring("zmc_waiting")
        #expect(try failure("zmc_known") == nil)
        var loads = 0
        var outcomes: [Failure?] = []
        for number in 0..<1_500 { outcomes.append(try failure("zmc_invented\(number)", loads: &loads)) }
        #expect(loads < 1_010)
        #expect(outcomes.first == .apiKeyInvalid && outcomes.last == .storageUnavailable)
        #expect(try failure("zmc_known") == nil)
        #expect(try failure("zmc_waiting") == .storageUnavailable, "not known to be bad")
        let before = loads
        #expect(try failure("zmc_invented0", loads: &loads) == .apiKeyInvalid && loads == before)
        house.clock.advance(milliseconds: 1_000)
        #expect(try failure("zmc_waiting") == nil)
    }

    @Test(
        "a prefix that is none, or this server's own, is refused",
        arguments: [
            "", "zm", "zmc ", "zmc.", "chatsdk_", "chatsdk_live", "chatsdk", "cha", String(repeating: "a", count: 33),
        ])
    func prefixes(prefix: String) throws {
        #expect(throws: ManagementFailure.self) { try bring("\(prefix)x", prefix: prefix) }
        #expect(try house.storage.importedPrefixes() == [])
    }

    @Test("one hash is one key")
    func twice() throws {
        try bring("zmc_once")
        let again = #expect(throws: ManagementFailure.self) { try bring("zmc_once") }
        guard case .conflict = again else { Issue.record("\(String(describing: again))"); return }
    }
}

@Suite("A key that is held to addresses works from nowhere else")
struct AllowedAddressTests {
    private let house: House
    private let authenticate: Authenticate
    private let key: ManageKeys.Issued

    init() throws {
        house = try House()
        try house.addTenant()
        authenticate = Authenticate(directory: house.directory, world: house.world)
        let ranges = try ["192.0.2.0/24", "2001:db8::/32"].map { try #require(AddressRange($0)) }
        key = try house.keys.create(
            for: .tenant(try house.state().tenant.id), name: "k", terms: KeyTerms(allowedAddresses: ranges), by: .tests)
        try house.directory.load(.apiKey(key.key.id))
    }

    @Test(
        "inside and outside",
        arguments: [
            ("192.0.2.9", true), ("::ffff:192.0.2.9", true), ("192.0.3.9", false), ("2001:db8::1", true),
            ("2001:db9::1", false), (nil, false),
        ] as [(String?, Bool)])
    func addresses(text: String?, isInside: Bool) throws {
        switch authenticate(key.text, needs: .verify, from: text.flatMap { IPAddress($0) }) {
        case .caller: #expect(isInside)
        case .refused(let failure): #expect(!isInside && failure == .addressNotAllowed)
        case .load: Issue.record("nothing is missing")
        }
    }

    @Test("nobody learns of it who lacks the secret, and nobody asks for the address of a key without such terms")
    func secrecy() throws {
        let wrong = APIKey.Secret(for: key.key.id, prefix: "chatsdk", world: house.world).revealOnce()
        guard case .refused(.apiKeyInvalid) = authenticate(wrong, needs: .verify, from: nil) else {
            Issue.record("an answer that tells of the key"); return
        }
        let free = try house.keys.create(for: .tenant(try house.state().tenant.id), name: "free")
        try house.directory.load(.apiKey(free.key.id))
        var asked = 0
        func address() -> IPAddress? {
            asked += 1
            return nil
        }
        guard case .caller = authenticate(free.text, needs: .verify, from: address()) else {
            Issue.record("refused"); return
        }
        #expect(asked == 0)
    }

    @Test("too many addresses are refused")
    func many() throws {
        let tenant = try house.state().tenant.id
        let range = try #require(AddressRange("192.0.2.0/24"))
        for (count, isFine) in [(64, true), (65, false)] {
            let terms = KeyTerms(allowedAddresses: Array(repeating: range, count: count))
            let made = try? house.keys.create(for: .tenant(tenant), name: "k", terms: terms, by: .tests)
            #expect((made != nil) == isFine)
        }
    }
}
