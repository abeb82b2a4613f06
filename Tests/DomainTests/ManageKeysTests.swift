import Domain
import SQLiteStorage
import Testing
import Tokens

@Suite("Two who manage one API key at once")
struct ManageKeysTests {
    private let house: House
    private let tenant: Tenant.ID
    private let storage: HookedStorage
    private let issued: ManageKeys.Issued
    private let keys: ManageKeys
    private let desk: LeakDesk

    init() throws {
        house = try House()
        tenant = try house.addTenant().id
        issued = try house.keys.create(for: .tenant(tenant), name: "Backend")
        storage = HookedStorage(house.storage)
        keys = ManageKeys(storage: storage, keyPrefix: "chatsdk", world: house.world)
        desk = LeakDesk(storage: storage, keyPrefix: "chatsdk", world: house.world, quarantines: true)
    }

    private var id: APIKey.ID { issued.key.id }

    private func stored() throws -> APIKey { try #require(try house.storage.apiKey(id)) }

    /// What another node does after so many reads.
    private func beside(
        reads: Int = 1, _ work: @escaping @Sendable (House) throws(ManagementFailure) -> Void
    ) {
        storage.afterNextRead { () throws(StoreFailure) in
            guard reads == 1 else { return beside(reads: reads - 1, work) }
            do throws(ManagementFailure) { try work(house) } catch { throw .corrupt(cause: "\(error)") }
        }
    }

    private func narrow(reads: Int = 1) throws {
        let ranges = [try #require(AddressRange("192.0.2.0/24"))]
        beside(reads: reads) { house throws(ManagementFailure) in
            var change = KeyChange()
            change.allowedAddresses = .set(ranges)
            _ = try house.keys.change(id, of: .tenant(tenant), with: change, by: .tests)
        }
    }

    @Test("Addresses that are set while the key is renamed, rotated or quarantined stay")
    func addresses() throws {
        var rename = KeyChange()
        rename.name = "Renamed"
        try narrow()
        let renamed = try keys.change(id, of: .tenant(tenant), with: rename, by: .tests).key
        #expect(renamed.name == "Renamed" && renamed.allowedAddresses.count == 1)
        #expect(try stored() == renamed)

        rename.allowedAddresses = .clear
        _ = try keys.change(id, of: .tenant(tenant), with: rename, by: .tests)
        try narrow()
        let rotated = try keys.rotate(id, graceSeconds: 60)
        #expect(rotated.key.allowedAddresses.count == 1 && rotated.key.former?.hash == issued.key.secretHash)
        #expect(try stored() == rotated.key)

        _ = try keys.change(id, of: .tenant(tenant), with: rename, by: .tests)
        // The first look only asks whose key it is.
        try narrow(reads: 2)
        _ = try desk.report(rotated.text, at: "here", by: .tests)
        #expect(try stored().allowedAddresses.count == 1 && stored().status(at: house.clock.now) == .quarantined)
    }

    @Test("Of two rotations at once the first is in force, and the other is told")
    func rotations() throws {
        beside { house throws(ManagementFailure) in _ = try house.keys.rotate(id, graceSeconds: 60) }
        guard case .conflict? = failure({ () throws(ManagementFailure) in try keys.rotate(id, graceSeconds: 60) })
        else {
            Issue.record("the first secret is lost"); return
        }
        #expect(try stored().former?.hash == issued.key.secretHash, "the grace that was promised")
        #expect(try stored().secretHash != issued.key.secretHash)
    }

    @Test("A revocation comes through a rotation and a change of terms, with the secret that was rotated away")
    func revocation() throws {
        beside { house throws(ManagementFailure) in _ = try house.keys.rotate(id, graceSeconds: 60) }
        let revoked = try keys.revoke(id, reason: "leak")
        #expect(revoked.revocation?.reason == "leak" && revoked.former == nil)
        #expect(try stored() == revoked)
    }

    @Test("A rotation that meets a revocation is refused, and of two revocations the first reason stays")
    func revocationFirst() throws {
        beside { house throws(ManagementFailure) in _ = try house.keys.revoke(id, reason: "first") }
        guard case .refused? = failure({ () throws(ManagementFailure) in try keys.rotate(id, graceSeconds: 60) }) else {
            Issue.record("it was rotated"); return
        }
        #expect(try stored().revocation?.reason == "first")
        let other = try house.keys.create(for: .tenant(tenant), name: "Other").key.id
        beside { house throws(ManagementFailure) in _ = try house.keys.revoke(other, reason: "first") }
        #expect(try keys.revoke(other, reason: "second").revocation?.reason == "first")
    }

    @Test("A key is not quarantined for a secret that is rotated away meanwhile")
    func reportBesideRotation() throws {
        // It is looked for first, and then read to be changed.
        for reads in 1...2 {
            let old = try house.keys.create(for: .tenant(tenant), name: "k")
            beside(reads: reads) { house throws(ManagementFailure) in
                _ = try house.keys.rotate(old.key.id, graceSeconds: 0)
            }
            #expect(try desk.report(old.text, at: "here", by: .tests) == nil)
            #expect(try house.storage.apiKey(old.key.id)?.status(at: house.clock.now) == .active)
        }
    }

    @Test("The grace of a later rotation does not end because an older secret was found")
    func graceBesideRotation() throws {
        let second = try house.keys.rotate(id, graceSeconds: 60)
        beside(reads: 2) { house throws(ManagementFailure) in _ = try house.keys.rotate(id, graceSeconds: 60) }
        #expect(try desk.report(issued.text, at: "here", by: .tests) == nil, "gone by then")
        #expect(try stored().former?.hash == second.key.secretHash)
    }

    @Test("A release does not undo a quarantine that it was not meant for")
    func releaseBesideReport() throws {
        let text = issued.text
        let other = LeakDesk(storage: house.storage, keyPrefix: "chatsdk", world: house.world, quarantines: true)
        _ = try other.report(text, at: "here", by: .tests)
        beside { _ throws(ManagementFailure) in
            _ = try other.release(id, by: .tests)
            _ = try other.report(text, at: "elsewhere", by: .tests)
        }
        guard case .conflict? = failure({ () throws(ManagementFailure) in try desk.release(id, by: .tests) }) else {
            Issue.record("released"); return
        }
        #expect(try stored().leak?.place == "elsewhere" && stored().status(at: house.clock.now) == .quarantined)
    }

    private func failure(_ body: () throws(ManagementFailure) -> some Any) -> ManagementFailure? {
        do throws(ManagementFailure) {
            _ = try body()
            return nil
        } catch {
            return error
        }
    }
}
