import Domain
import Testing
import Tokens

@Suite("The life of signing keys")
struct SigningKeyLifeTests {
    private let bench: Bench

    init() throws {
        bench = try Bench()
    }

    @Test("A new tenant has one key, which signs")
    func firstKey() throws {
        let keys = try bench.signingKeys.list(bench.tenant)
        #expect(keys.map(\.state) == [.active])
        #expect(keys.map(\.algorithm) == [.hs256])
    }

    @Test("A rotation publishes the next key before it signs, and activating it retires the former")
    func rotation() throws {
        let former = try bench.kid(.active)
        let next = try bench.signingKeys.rotate(bench.tenant, algorithm: .es256)
        #expect(next.state == .standby)
        #expect(try bench.kid(.active) == former)
        _ = try bench.signingKeys.activate(next.kid, of: bench.tenant)
        #expect(try bench.kid(.active) == next.kid)
        #expect(try bench.kid(.retired) == former)
    }

    @Test("A second rotation is refused while a key waits")
    func rotationInProgress() throws {
        _ = try bench.signingKeys.rotate(bench.tenant)
        #expect(throws: ManagementFailure.self) { try bench.signingKeys.rotate(bench.tenant) }
        #expect(try bench.signingKeys.list(bench.tenant).count == 2)
    }

    @Test("Rotating at once takes the key that waits rather than a third one")
    func rotationAtOnce() throws {
        let waiting = try bench.signingKeys.rotate(bench.tenant)
        #expect(try bench.signingKeys.rotateNow(bench.tenant).kid == waiting.kid)
        #expect(try bench.signingKeys.list(bench.tenant).count == 2)
    }

    @Test("The only key that signs can be neither retired nor revoked")
    func lastActiveKey() throws {
        let kid = try bench.kid(.active)
        #expect(throws: ManagementFailure.self) { try bench.signingKeys.retire(kid, of: bench.tenant) }
        #expect(throws: ManagementFailure.self) { try bench.signingKeys.revoke(kid, of: bench.tenant) }
        #expect(try bench.kid(.active) == kid)
    }

    @Test("Revoking with a replacement leaves exactly one key that signs, of the same algorithm")
    func replacement() throws {
        let leaked = try bench.kid(.active)
        let (_, successor) = try bench.signingKeys.revoke(leaked, of: bench.tenant, replacing: true)
        #expect(try bench.kid(.active) == successor?.kid)
        #expect(successor?.algorithm == .hs256)
        #expect(try bench.kid(.revoked) == leaked)
    }

    @Test("A revoked key stays revoked")
    func revokedForGood() throws {
        let leaked = try bench.kid(.active)
        _ = try bench.signingKeys.revoke(leaked, of: bench.tenant, replacing: true)
        #expect(throws: ManagementFailure.self) { try bench.signingKeys.activate(leaked, of: bench.tenant) }
        #expect(throws: ManagementFailure.self) { try bench.signingKeys.retire(leaked, of: bench.tenant) }
    }

    @Test("16 keys verify and no more, but a leaked one can always be replaced, and old ones count no longer")
    func limit() throws {
        let first = try bench.kid(.active)
        while try bench.signingKeys.list(bench.tenant).count < 16 { _ = try bench.signingKeys.rotateNow(bench.tenant) }
        #expect(throws: ManagementFailure.self) { try bench.signingKeys.create(for: bench.tenant) }
        #expect(throws: ManagementFailure.self) { try bench.signingKeys.rotateNow(bench.tenant) }
        let leaked = try bench.kid(.active)
        let (_, successor) = try bench.signingKeys.revoke(leaked, of: bench.tenant, replacing: true)
        #expect(try bench.kid(.active) == successor?.kid && successor?.kid != leaked)
        #expect(throws: ManagementFailure.self) { try bench.signingKeys.create(for: bench.tenant) }
        bench.wait(seconds: 90_000)
        for _ in 0..<15 { _ = try bench.signingKeys.create(for: bench.tenant) }
        #expect(throws: ManagementFailure.self, "comes back to a full set") {
            try bench.signingKeys.activate(first, of: bench.tenant)
        }
        #expect(try bench.kid(.active) == successor?.kid)
    }

    @Test("A key of another tenant cannot be touched")
    func foreignKey() throws {
        let other = try Bench.tenantID("other")
        _ = try bench.tenants.create(other)
        let kid = try bench.kid(.active)
        #expect(throws: ManagementFailure.self) { try bench.signingKeys.open(kid, of: other) }
        #expect(throws: ManagementFailure.self) { try bench.signingKeys.activate(kid, of: other) }
    }
}
