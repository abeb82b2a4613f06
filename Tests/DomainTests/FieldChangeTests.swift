import Domain
import Testing

@Suite("Absent keeps, null clears, a value replaces")
struct FieldChangeTests {
    @Test("each kind of change on each kind of stored value")
    func table() {
        for stored in ["old", nil] {
            #expect(FieldChange<String>.keep.applied(to: stored) == stored)
            #expect(FieldChange<String>.clear.applied(to: stored) == nil)
            #expect(FieldChange.set("new").applied(to: stored) == "new")
        }
    }

    @Test("a change of a user concerns the named fields only")
    func user() throws {
        let id = try #require(User.ID("u"))
        let stored = User(id: id, name: "Alice", image: "https://a.example", custom: bytes(#"{"a":1}"#))
        #expect(UserChange(id: id).applied(to: stored) == stored)
        let change = UserChange(id: id, name: .set("Bob"), image: .clear, custom: .keep)
        #expect(change.applied(to: stored) == User(id: id, name: "Bob", custom: bytes(#"{"a":1}"#)))
    }

    @Test("custom metadata is replaced whole, not merged")
    func custom() throws {
        let id = try #require(User.ID("u"))
        let stored = User(id: id, custom: bytes(#"{"a":1,"b":2}"#))
        #expect(UserChange(id: id, custom: .set(bytes("{}"))).applied(to: stored).custom == bytes("{}"))
    }

    @Test("a user who is new has what the change gives and nothing else")
    func newUser() throws {
        let id = try #require(User.ID("u"))
        #expect(UserChange(id: id).applied(to: nil) == User(id: id))
        #expect(UserChange(id: id, name: .set("A"), image: .clear).applied(to: nil) == User(id: id, name: "A"))
    }
}
