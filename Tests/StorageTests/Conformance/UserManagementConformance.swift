import Domain
import Testing
import Tokens

@Suite("Managed users of every store")
struct UserManagementConformance {
    private static func change(
        _ id: String, name: FieldChange<String> = .keep, image: FieldChange<String> = .keep, custom: String? = nil
    ) throws -> UserChange {
        UserChange(
            id: try .of(id), name: name, image: image, custom: custom.map { .set(Array($0.utf8)) } ?? .keep)
    }

    @Test("An upsert adds or changes, in order, and says which; silence keeps", arguments: Backend.all)
    func upsert(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let custom = #"{"n":1.00000000000000000000000000000000000001,"s":"\u0000é😀"}"#
        let outcomes = try store.storage.upsert(
            [
                Self.change("b", name: .set("B\u{FFFF}\u{301}"), custom: custom), Self.change("a", name: .set("A")),
                Self.change("b", image: .set("https://b")), Self.change("a", name: .clear), Self.change("c"),
            ], of: acme.id, at: .start)
        #expect(outcomes.map(\.isNew) == [true, true, false, false, true])
        #expect(outcomes.map(\.record.user.id.text) == ["b", "a", "b", "a", "c"])
        let b = try User.of("b", name: "B\u{FFFF}\u{301}", image: "https://b", custom: custom)
        #expect(outcomes[2].record.user.bytes == b.bytes)
        let later = Timestamp.start.adding(seconds: 60)
        let again = try store.storage.upsert([Self.change("b", name: .clear)], of: acme.id, at: later)
        let record = try #require(try store.storage.userRecord(acme.id, b.id))
        #expect(again.first?.record == record && again.first?.isNew == false)
        #expect(record.user.name == nil && record.user.custom == b.custom)
        #expect(record.createdAt == .start && record.updatedAt == later && record.status == .active)
        #expect(try store.storage.user(acme.id, b.id)?.bytes == record.user.bytes)
        #expect(try store.storage.upsert([], of: acme.id, at: later) == [])
    }

    @Test(
        "Nothing is stored for a tenant that does not exist, nor changed for a user that does not",
        arguments: Backend.all)
    func missing(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let nobody = try Application("nobody")
        let acme = try Application.stored("acme", in: store)
        let change = try Self.change("u"), user = try User.ID.of("u")
        let storage = store.storage
        let failures = [
            failure { () throws(StoreFailure) in try storage.upsert([change], of: nobody.id, at: .start) },
            failure { () throws(StoreFailure) in try storage.change(user, of: acme.id, at: .start) { $0 } },
            failure { () throws(StoreFailure) in
                try storage.setStatus(.deactivated, of: user, of: acme.id, at: .start, recording: .sample(for: acme.id))
            },
            failure { () throws(StoreFailure) in
                try storage.purge(user, of: acme.id, at: .start, recording: .sample(for: acme.id))
            },
        ]
        #expect(failures.map { $0?.isMissing } == [true, true, true, true])
        #expect(try storage.userRecord(nobody.id, user) == nil)
        #expect(try storage.userRecord(acme.id, user) == nil)
    }

    @Test("Pages come in the order of bytes, each user once, by status too", arguments: Backend.all)
    func pages(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let ids = ["é", "e\u{301}", "ß", "日本", "\u{FFFD}", "🎉", "a\\", "a'b", "a/b", "A", "a", "Z", "10", "9"]
        _ = try store.storage.upsert(ids.map { try Self.change($0) }, of: acme.id, at: .start)
        let sorted = ids.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        var seen: [String] = []
        var last: User.ID?
        repeat {
            let page = try store.storage.userRecords(of: acme.id, after: last, status: nil, limit: 3)
            seen += page.map(\.user.id.text)
            last = page.last?.user.id
        } while last != nil
        #expect(seen.map { Array($0.utf8) } == sorted.map { Array($0.utf8) })
        for id in ["a", "🎉"] {
            _ = try store.storage.setStatus(
                .deactivated, of: .of(id), of: acme.id, at: .start, recording: .sample(for: acme.id))
        }
        let gone = try store.storage.userRecords(of: acme.id, after: nil, status: .deactivated, limit: 100)
        #expect(gone.map(\.user.id.text) == ["a", "🎉"])
        let rest = try store.storage.userRecords(of: acme.id, after: .of("a"), status: .active, limit: 100)
        #expect(rest.count == ids.count - 6, "10, 9, A, Z, a and the party are left out")
    }

    @Test("A profile is changed by what is stored, and by nobody meanwhile", arguments: Backend.all)
    func change(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let storage = store.storage, id = try User.ID.of("u")
        _ = try storage.upsert([Self.change("u", name: .set(""))], of: acme.id, at: .start)
        let results = atOnce(40) { _ in
            try? storage.change(id, of: acme.id, at: .start) { user in
                var user = user
                user.name = (user.name ?? "") + "x"
                return user
            }
        }
        #expect(results.allSatisfy { $0 ?? nil != nil })
        #expect(try storage.user(acme.id, id)?.name?.count == 40)
        let kept = try storage.change(id, of: acme.id, at: .start.adding(seconds: 9)) { _ in nil }
        #expect(kept.updatedAt == .start, "nothing was to be done")
    }

    @Test("Upserts of the same users in other orders wait for each other and not in a circle", arguments: Backend.all)
    func noDeadlock(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let changes = try (0..<30).map { try Self.change("u\($0)", name: .set("n")) }
        let storage = store.storage
        let results = atOnce(8) { worker in
            try? storage.upsert(worker % 2 == 0 ? changes : changes.reversed(), of: acme.id, at: .start)
        }
        #expect(results.allSatisfy { $0??.count == 30 })
        #expect(results.compactMap { $0 ?? nil }.flatMap { $0 }.filter(\.isNew).count == 30)
    }
}
