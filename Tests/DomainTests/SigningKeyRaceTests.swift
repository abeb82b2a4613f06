import Domain
import Testing
import Tokens

@Suite("Acts on signing keys at the same time")
struct SigningKeyRaceTests {
    private typealias Act = @Sendable (ManageSigningKeys, String, Tenant.ID) throws(ManagementFailure) -> Void

    /// The second act falls between the first one's look at the keys and its change; exactly one key signs afterwards.
    private func race(_ first: @escaping Act, _ second: @escaping Act) throws -> ManagementFailure? {
        let house = try House()
        let tenant = try house.addTenant().id
        let hooked = HookedStorage(house.storage)
        let keys = ManageSigningKeys(storage: hooked, vault: house.vault, world: house.world)
        let kid = try house.signingKeys.create(for: tenant, by: .tests).kid
        let others = house.signingKeys
        hooked.afterNextRead { () throws(StoreFailure) in
            do throws(ManagementFailure) { try second(others, kid, tenant) } catch { throw .corrupt(cause: "\(error)") }
        }
        defer {
            let states = (try? house.signingKeys.list(tenant).map(\.state)) ?? []
            #expect(states.count(where: { $0 == .active }) == 1)
        }
        do throws(ManagementFailure) {
            try first(keys, kid, tenant)
            return nil
        } catch {
            return error
        }
    }

    private let activate: Act = { keys, kid, tenant throws(ManagementFailure) in
        _ = try keys.activate(kid, of: tenant, by: .tests)
    }
    private let retire: Act = { keys, kid, tenant throws(ManagementFailure) in
        _ = try keys.retire(kid, of: tenant, by: .tests)
    }
    private let revoke: Act = { keys, kid, tenant throws(ManagementFailure) in
        _ = try keys.revoke(kid, of: tenant, by: .tests)
    }

    @Test("a key that is activated meanwhile is neither revoked nor retired, and whoever tries is told to look again")
    func overtakenByActivation() throws {
        for act in [revoke, retire] {
            guard case .conflict(let text) = try race(act, activate) else { Issue.record("not refused"); continue }
            #expect(text.contains("meanwhile"))
        }
    }

    @Test("a key that is revoked meanwhile is not activated, one that is retired may be")
    func overtakingActivation() throws {
        guard case .conflict = try race(activate, revoke) else { Issue.record("not refused"); return }
        #expect(try race(activate, retire) == nil)
    }
}
