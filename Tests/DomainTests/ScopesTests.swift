import Domain
import Testing

@Suite("Scopes have stable names")
struct ScopesTests {
    @Test("every set has the names that lead back to it, in one order")
    func roundTrip() {
        for raw in UInt8(0)..<32 {
            let scopes = Scopes(rawValue: raw)
            #expect(Scopes(names: scopes.names) == scopes)
            #expect(Scopes(names: scopes.names.reversed()) == scopes)
            #expect(scopes.names.count == raw.nonzeroBitCount)
        }
    }

    @Test("the names are those of the API")
    func names() {
        #expect(
            Scopes(rawValue: 31).names == ["tokens:issue", "tokens:verify", "tokens:revoke", "admin", "operator"])
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
        #expect(ManageKeys.allowedScopes(of: tenant) == [.issue, .verify, .revoke, .admin])
        #expect(ManageKeys.allowedScopes(of: .node) == .verify)
        #expect(ManageKeys.allowedScopes(of: .operator) == .operator)
    }
}
