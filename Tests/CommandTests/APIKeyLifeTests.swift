import Domain
import Testing

@Suite("The life of API keys")
struct APIKeyLifeTests {
    private let bench: Bench

    init() throws {
        bench = try Bench()
    }

    @Test("A new key works, and only for its scopes")
    func newKey() throws {
        let issued = try bench.keys.create(for: .tenant(bench.tenant), name: "Backend", scopes: .issue)
        #expect(try bench.authenticate(issued.text, needs: .issue).failure == nil)
        #expect(try bench.authenticate(issued.text, needs: .verify).failure == .scopeMissing("tokens:verify"))
    }

    @Test("A rotated-away secret works for its grace and no longer")
    func grace() throws {
        let first = try bench.keys.create(for: .tenant(bench.tenant), name: "Backend")
        let second = try bench.keys.rotate(first.key.id, graceSeconds: 60)
        #expect(try bench.authenticate(first.text, needs: .issue).failure == nil)
        #expect(try bench.authenticate(second.text, needs: .issue).failure == nil)
        bench.wait(seconds: 61)
        #expect(try bench.authenticate(first.text, needs: .issue).failure == .apiKeyInvalid)
        #expect(try bench.authenticate(second.text, needs: .issue).failure == nil)
    }

    @Test("Without a grace the old secret stops at once")
    func noGrace() throws {
        let first = try bench.keys.create(for: .tenant(bench.tenant), name: "Backend")
        _ = try bench.keys.rotate(first.key.id, graceSeconds: 0)
        #expect(try bench.authenticate(first.text, needs: .issue).failure == .apiKeyInvalid)
    }

    @Test("A revoked key stays revoked, with the first reason, and takes its former secret with it")
    func revocation() throws {
        let first = try bench.keys.create(for: .tenant(bench.tenant), name: "Backend")
        let second = try bench.keys.rotate(first.key.id, graceSeconds: 3_600)
        _ = try bench.keys.revoke(first.key.id, reason: "leaked")
        #expect(try bench.keys.revoke(first.key.id, reason: "again").revocation?.reason == "leaked")
        #expect(try bench.authenticate(second.text, needs: .issue).failure == .apiKeyRevoked)
        #expect(try bench.authenticate(first.text, needs: .issue).failure == .apiKeyInvalid)
        #expect(throws: ManagementFailure.self) { try bench.keys.rotate(first.key.id, graceSeconds: 0) }
    }

    @Test("An expired key says so to its holder and cannot be rotated")
    func expiry() throws {
        let issued = try bench.keys.create(for: .tenant(bench.tenant), name: "Backend", expiresIn: 60)
        bench.wait(seconds: 60)
        #expect(try bench.authenticate(issued.text, needs: .issue).failure == .apiKeyExpired)
        #expect(throws: ManagementFailure.self) { try bench.keys.rotate(issued.key.id, graceSeconds: 0) }
    }

    @Test("A node key can verify and nothing else", arguments: [Scopes.issue, .admin, .operator, [.verify, .issue]])
    func nodeScopes(scopes: Scopes) throws {
        #expect(throws: ManagementFailure.self) { try bench.keys.create(for: .node, name: "Gateway", scopes: scopes) }
        #expect(try bench.keys.create(for: .node, name: "Gateway").key.scopes == .verify)
    }

    @Test("A tenant's key never has the operator's scope")
    func tenantScopes() throws {
        #expect(throws: ManagementFailure.self) {
            try bench.keys.create(for: .tenant(bench.tenant), name: "Backend", scopes: [.issue, .operator])
        }
    }

    @Test("No key is made for a tenant that does not exist, nor under an unfit name")
    func unfitKeys() throws {
        let nobody = try Bench.tenantID("nobody")
        #expect(throws: ManagementFailure.missing("There is no tenant nobody.")) {
            try bench.keys.create(for: .tenant(nobody), name: "Backend")
        }
        #expect(throws: ManagementFailure.self) { try bench.keys.create(for: .tenant(bench.tenant), name: "") }
        #expect(try bench.keys.list(of: .tenant(bench.tenant)).isEmpty)
    }
}
