import Domain
import Synchronization
import Testing

@Suite("Users of every store")
struct UserConformance {
    @Test("A new user is stored as given and read back byte for byte", arguments: Backend.all)
    func storesNew(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let custom = #"{"n":1.00000000000000000000000000000000000001,"e":1E400,"s":"\u0000é😀"}"#
        let user = try User.of("é/ü 😀", name: "Zoë\u{0}\u{301}", image: "https://example.com/a?b=c", custom: custom)
        let outcome = try store.storage.issue([
            acme.command(
                "é/ü 😀", name: .set("Zoë\u{0}\u{301}"), image: .set("https://example.com/a?b=c"), custom: .set(custom))
        ])
        #expect(outcome == [.issued(user)])
        #expect(try store.storage.user(acme.id, user.id)?.bytes == user.bytes)
    }

    @Test("An unknown user is nil, not an error", arguments: Backend.all)
    func unknownIsNil(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        #expect(try store.storage.user(acme.id, .of("nobody")) == nil)
    }

    @Test("An absent field stays, null clears it, a value replaces it whole", arguments: Backend.all)
    func absentNullGiven(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let first = try acme.command("u", name: .set("A"), image: .set("https://a"), custom: .set(#"{"a":1,"b":2}"#))
        _ = try store.storage.issue([first])

        let kept = try store.storage.issue([acme.command("u")])
        #expect(try kept == [.issued(.of("u", name: "A", image: "https://a", custom: #"{"a":1,"b":2}"#))])

        let cleared = try store.storage.issue([acme.command("u", name: .clear, custom: .set(#"{"b":3}"#))])
        let expected = try User.of("u", name: nil, image: "https://a", custom: #"{"b":3}"#)
        #expect(cleared == [.issued(expected)])
        #expect(try store.storage.user(acme.id, expected.id)?.bytes == expected.bytes)

        _ = try store.storage.issue([acme.command("u", image: .clear, custom: .clear)])
        #expect(try store.storage.user(acme.id, expected.id)?.bytes == User.of("u").bytes)
    }

    @Test("The empty text is a value, not null", arguments: Backend.all)
    func emptyIsNotNull(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        _ = try store.storage.issue([acme.command("u", name: .set(""), custom: .set("{}"))])
        #expect(try store.storage.user(acme.id, .of("u"))?.bytes == User.of("u", name: "", custom: "{}").bytes)
        _ = try store.storage.issue([acme.command("u", name: .clear)])
        #expect(try store.storage.user(acme.id, .of("u"))?.name == nil)
    }

    @Test(
        "A canonically equivalent name is another name, and so is a canonically equivalent identifier",
        arguments: Backend.all)
    func comparesBytes(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        _ = try store.storage.issue([acme.command("u", name: .set("\u{E9}"))])
        _ = try store.storage.issue([acme.command("u", name: .set("e\u{301}"))])
        #expect(try store.storage.user(acme.id, .of("u"))?.name.map { Array($0.utf8) } == [0x65, 0xCC, 0x81])

        _ = try store.storage.issue([acme.command("\u{E9}", name: .set("composed"))])
        #expect(try store.storage.user(acme.id, .of("e\u{301}")) == nil)
        #expect(try store.storage.user(acme.id, .of("\u{E9}"))?.name == "composed")
    }

    @Test("Two changes of one user in a batch keep their order", arguments: Backend.all)
    func keepsOrder(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let outcomes = try store.storage.issue([
            acme.command("u", name: .set("first"), image: .set("https://a")), acme.command("v", name: .set("other")),
            acme.command("u", name: .set("second")), acme.command("u", image: .clear),
        ])
        #expect(
            try outcomes == [
                .issued(.of("u", name: "first", image: "https://a")), .issued(.of("v", name: "other")),
                .issued(.of("u", name: "second", image: "https://a")), .issued(.of("u", name: "second")),
            ])
        #expect(try store.storage.user(acme.id, .of("u"))?.bytes == User.of("u", name: "second").bytes)
    }

    @Test("A batch of nothing does nothing", arguments: Backend.all)
    func emptyBatch(backend: Backend) throws {
        let store = try backend.makeEmpty()
        #expect(try store.storage.issue([]) == [])
    }

    @Test("One user issued 1,000 times at once is one user, counted 1,000 times", arguments: Backend.all)
    func oneUserAtOnce(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let commands = try (0..<1_000).map { try acme.command("u", name: .set("name \($0)"), custom: .set("{}")) }
        let outcomes = atOnce(commands.count) { try? store.storage.issue([commands[$0]]).first }
        #expect(outcomes.allSatisfy { $0??.isIssued == true })
        let user = try #require(try store.storage.user(acme.id, .of("u")))
        #expect(user.name?.hasPrefix("name ") == true)
        #expect(try store.storage.issuedPairs(acme.id, in: Month(of: .start)) == 1_000)
    }
}
