import Domain
import Testing

@Suite("Scopes have stable names")
struct ScopesTests {
    @Test("every set has the names that lead back to it, in one order")
    func roundTrip() {
        for raw in UInt8(0)..<128 {
            let scopes = Scopes(rawValue: raw)
            #expect(Scopes(names: scopes.names) == scopes)
            #expect(Scopes(names: scopes.names.reversed()) == scopes)
            #expect(scopes.names.count == raw.nonzeroBitCount)
        }
    }

    @Test("the names are those of the API")
    func names() {
        #expect(
            Scopes(rawValue: 127).names == [
                "tokens:issue", "tokens:verify", "tokens:revoke", "admin", "operator", "users:read", "users:write",
            ])
    }

    @Test("admin suffices for users, and for nothing else besides")
    func suffices() {
        #expect(Scopes.admin.suffice(for: [.admin, .readUsers, .writeUsers]))
        #expect(!Scopes.admin.suffice(for: .issue) && !Scopes.readUsers.suffice(for: .writeUsers))
        #expect(!Scopes([.readUsers, .writeUsers]).suffice(for: .admin) && Scopes.readUsers.suffice(for: []))
    }

    @Test(
        "a name that is none makes the whole list worthless",
        arguments: ["", "tokens", "tokens:Issue", "tokens:issue ", "*", "root"])
    func unknown(name: String) {
        #expect(Scopes(names: ["tokens:verify", name]) == nil)
    }

    @Test("a node key may verify and nothing else; an operator's key verifies and issues nothing")
    func owners() throws {
        let tenant = APIKey.Owner.tenant(try #require(Tenant.ID("acme")))
        #expect(ManageKeys.defaultScopes(of: tenant) == [.issue, .verify])
        #expect(ManageKeys.allowedScopes(of: tenant) == [.issue, .verify, .revoke, .admin, .readUsers, .writeUsers])
        #expect(ManageKeys.allowedScopes(of: .node) == .verify)
        #expect(ManageKeys.allowedScopes(of: .operator) == .operator)
    }
}
