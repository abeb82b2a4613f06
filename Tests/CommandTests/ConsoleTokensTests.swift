import Domain
import Testing
import Tokens

@Suite("Tokens at the console")
struct ConsoleTokensTests {
    private let bench: Bench
    private let request: IssueRequest

    init() throws {
        bench = try Bench()
        let alice = try #require(User.ID("alice"))
        request = IssueRequest(change: UserChange(id: alice, name: .set("Alice")))
    }

    private func mint() throws -> ConsoleTokens.Pair {
        try bench.console.mint(request, for: bench.tenant, apiKey: nil)
    }

    @Test("A minted pair verifies, each token at its own door only, until it expires")
    func pair() throws {
        _ = try bench.keys.create(for: .tenant(bench.tenant), name: "Backend")
        let pair = try mint()
        for (token, door, other) in [(pair.token, TokenKind.rest, TokenKind.ws), (pair.wsToken, .ws, .rest)] {
            guard case .valid(let verified) = try bench.console.verify(token, expect: door) else {
                return #expect(Bool(false), "the \(door) token is refused")
            }
            #expect(verified.user.text == "alice" && verified.grant == pair.grant)
            #expect(try bench.console.verify(token, expect: other) == .invalid(.wrongKind))
        }
        bench.wait(seconds: Int64(Tenant.longestTokenLife))
        #expect(try bench.console.verify(pair.token, expect: .rest) == .invalid(.expired))
    }

    @Test("Tokens of a revoked signing key are refused")
    func revokedKey() throws {
        _ = try bench.keys.create(for: .tenant(bench.tenant), name: "Backend")
        let pair = try mint()
        _ = try bench.signingKeys.revoke(try bench.kid(.active), of: bench.tenant, replacing: true)
        #expect(try bench.console.verify(pair.token, expect: .rest) == .invalid(.keyUnknown))
        #expect(try bench.console.verify(try mint().token, expect: .rest) != .invalid(.keyUnknown))
    }

    @Test("The quota counts here too")
    func quota() throws {
        _ = try bench.keys.create(for: .tenant(bench.tenant), name: "Backend")
        var change = TenantChange()
        change.quota = .set(1)
        _ = try bench.tenants.update(bench.tenant, with: change)
        _ = try mint()
        #expect(throws: ManagementFailure.self) { try mint() }
        #expect(try bench.tenants.show(bench.tenant).issuedPairs == 1)
    }

    @Test("A tenant without an active API key, or suspended, gets no tokens")
    func refusals() throws {
        #expect(throws: ManagementFailure.self) { try mint() }
        _ = try bench.keys.create(for: .tenant(bench.tenant), name: "Backend")
        _ = try bench.tenants.suspend(bench.tenant)
        #expect(throws: ManagementFailure.self) { try mint() }
    }

    @Test("A database knows its own master key")
    func masterKey() throws {
        let own = try MasterKey(bench.world.randomBytes(MasterKey.byteCount))
        let other = try MasterKey(bench.world.randomBytes(MasterKey.byteCount))
        let value = try MasterKeyCheck.value(of: own)
        #expect(MasterKeyCheck.value(value, fits: own))
        #expect(!MasterKeyCheck.value(value, fits: other))
        var tampered = value
        tampered[tampered.count - 1] ^= 1
        #expect(!MasterKeyCheck.value(tampered, fits: own))
    }
}
