import Domain
import Testing
import Tokens

/// A tenant with one user, who has been issued a pair.
private struct Scene {
    let storage: any Storage
    let acme: Application, globex: Application
    let user: User.ID
    private let store: Store

    static let secrets = ["mallory-1977", "Mallory Archer", "https://mallory.example/face", "mallory's own words"]

    init(_ backend: Backend) throws {
        store = try backend.makeEmpty()
        storage = store.storage
        acme = try Application.stored("acme", in: store)
        globex = try Application.stored("globex", in: store)
        user = try .of(Self.secrets[0])
        _ = try storage.issue([issue(acme), issue(globex)])
    }

    func issue(_ application: Application) throws -> IssueCommand {
        try application.command(
            Self.secrets[0], name: .set(Self.secrets[1]), image: .set(Self.secrets[2]),
            custom: .set(#"{"about":"\#(Self.secrets[3])"}"#))
    }

    func set(_ status: User.Status, at moment: Timestamp = .start) throws(StoreFailure) -> UserCutoff? {
        try storage.setStatus(
            status, of: user, of: acme.id, at: moment, recording: .sample(.userDeactivated, for: acme.id))
    }

    func purge() throws -> UserCutoff {
        try ManageUsers(storage: storage, world: .standing)
            .purge(user, of: acme.id, by: AuditOrigin(actor: "key abcdefghijkl"))
    }
}

@Suite("Deactivated and erased users of every store")
struct UserStatusConformance {
    @Test("A deactivated user gets no pair until reactivated, and no pair is counted", arguments: Backend.all)
    func deactivated(backend: Backend) throws {
        let scene = try Scene(backend)
        let cutoff = try #require(try scene.set(.deactivated))
        #expect(cutoff.isDeactivated && cutoff.reference == UserReference(scene.acme.id, scene.user))
        #expect(try scene.set(.deactivated, at: .start.adding(seconds: 5)) == nil, "already so")
        let record = try scene.storage.userRecord(scene.acme.id, scene.user)
        #expect(record?.status == .deactivated && record?.deactivatedAt == .start)
        let outcomes = try scene.storage.issue([scene.issue(scene.acme), scene.issue(scene.globex)])
        #expect(outcomes.first == .userDeactivated && outcomes.last?.isIssued == true, "another tenant's user")
        #expect(try scene.storage.issuedPairs(scene.acme.id, in: Month(of: .start)) == 1)
        let profile = UserChange(id: scene.user, name: .set("renamed"))
        let changed = try scene.storage.upsert([profile], of: scene.acme.id, at: .start)
        #expect(changed.first?.record.status == .deactivated, "a profile is no status")
        let back = try #require(try scene.set(.active, at: .start.adding(seconds: 9)))
        #expect(!back.isDeactivated && back.changedAt == .start.adding(seconds: 9))
        #expect(try scene.storage.issue([scene.issue(scene.acme)]).first?.isIssued == true)
    }

    @Test(
        "Offline verifiers are told of who is deactivated or erased by a hash, and an erasure takes what names him",
        arguments: Backend.all)
    func told(backend: Backend) throws {
        let scene = try Scene(backend)
        func told() throws -> [Revocation.Subject] {
            try scene.storage.revocations(after: 0, of: scene.acme.id, aliveAt: .start, limit: 9).map(\.subject)
        }
        let hash = Revocation.Subject.userHash(UserReference(scene.acme.id, scene.user))
        let origin = AuditOrigin(actor: "key abcdefghijkl")
        _ = try scene.storage.revoke([
            RevocationDraft(
                tenant: scene.acme.id, subject: .user(scene.user), reason: "mallory again", by: origin, at: .start),
            RevocationDraft(tenant: scene.acme.id, subject: .user(.of("other")), by: origin, at: .start),
        ])
        _ = try scene.set(.deactivated)
        #expect(try told() == [.user(scene.user), .user(.of("other")), hash])
        _ = try scene.set(.active)
        #expect(try told().count == 3, "what was taken stays taken")
        _ = try scene.purge()
        let left = try told()
        #expect(left.first == .user(try .of("other")) && left.dropFirst().allSatisfy { $0 == hash } && left.count > 1)
    }

    @Test(
        "Cut-offs of one user only ever move on, are in the change log, and are forgotten in time",
        arguments: Backend.all)
    func cutoffs(backend: Backend) throws {
        let scene = try Scene(backend)
        let newest = try scene.storage.newestChange()
        let first = try #require(try scene.set(.deactivated))
        let second = try #require(try scene.set(.active, at: .start.adding(seconds: -60)), "a clock that lags")
        #expect(second.changedAt > first.changedAt)
        let changes = try scene.storage.changes(after: newest, limit: 10)
        #expect(changes.map(\.subject) == [.user(first), .user(second)])
        #expect(try scene.storage.userCutoffs(after: .start) == [second])
        #expect(try scene.storage.userCutoffs(after: second.changedAt) == [])
        let late = Timestamp.start.adding(seconds: UserCutoff.life + 60)
        _ = try scene.storage.upsert([UserChange(id: .of("other"))], of: scene.acme.id, at: late)
        _ = try scene.storage.setStatus(
            .deactivated, of: .of("other"), of: scene.acme.id, at: late, recording: .sample(for: scene.acme.id))
        #expect(try scene.storage.userCutoffs(after: Timestamp(milliseconds: 0)).count == 1)
    }

    @Test(
        "After a purge no text of any table tells of the person; counts stay, and the tokens are cut off",
        arguments: Backend.all)
    func purge(backend: Backend) throws {
        let scene = try Scene(backend)
        _ = try scene.set(.deactivated)
        let cutoff = try scene.purge()
        #expect(!cutoff.isDeactivated && cutoff.changedAt > .start)
        let end = try #require(scene.storage as? any CopyEnd)
        for table in CopyTable.all {
            for row in try end.rows(of: table, after: nil, through: nil, limit: nil) {
                for case .bytes(let bytes) in row.values where row.values.first?.text != "globex" {
                    let text = String(decoding: bytes, as: UTF8.self).lowercased()
                    #expect(!text.contains("mallory"), "\(table.name): \(text)")
                }
            }
        }
        let log = try scene.storage.changes(after: 0, limit: 100)
        #expect(log.allSatisfy { !$0.subject.id.lowercased().contains("mallory") })
        #expect(log.last?.subject == .user(cutoff))
        #expect(try scene.storage.issuedPairs(scene.acme.id, in: Month(of: .start)) == 1)
        #expect(try scene.storage.user(scene.acme.id, scene.user) == nil)
        #expect(try scene.storage.user(scene.globex.id, scene.user) != nil, "another tenant's user")
        let entry = try #require(try scene.storage.auditEntries(of: scene.acme.id, AuditQuery(limit: 1)).first)
        #expect(entry.action == "user.purged" && entry.target == "user \(cutoff.reference.text)")
        #expect(try scene.storage.issue([scene.issue(scene.acme)]).first?.isIssued == true, "somebody may come anew")
    }

    @Test("As tenant B nothing of A's users is seen, listed, changed, deactivated or erased", arguments: Backend.all)
    func isolation(backend: Backend) throws {
        let scene = try Scene(backend)
        let only = try User.ID.of("only-acme"), globex = scene.globex.id
        _ = try scene.storage.upsert([UserChange(id: only, name: .set("A's"))], of: scene.acme.id, at: .start)
        let before = try scene.storage.userRecord(scene.acme.id, only)
        #expect(before?.user.name == "A's")
        #expect(try scene.storage.userRecord(globex, only) == nil)
        let listed = try scene.storage.userRecords(of: globex, after: nil, status: nil, limit: 100)
        #expect(listed.map(\.user.id) == [scene.user])
        let storage = scene.storage
        for refused in [
            failure { () throws(StoreFailure) in try storage.change(only, of: globex, at: .start) { $0 } },
            failure { () throws(StoreFailure) in
                try storage.setStatus(.deactivated, of: only, of: globex, at: .start, recording: .sample(for: globex))
            },
            failure { () throws(StoreFailure) in
                try storage.purge(only, of: globex, at: .start, recording: .sample(for: globex))
            },
        ] { #expect(refused?.isMissing == true) }
        _ = try storage.upsert([UserChange(id: only, name: .set("B's"))], of: globex, at: .start)
        _ = try storage.setStatus(.deactivated, of: only, of: globex, at: .start, recording: .sample(for: globex))
        _ = try storage.purge(scene.user, of: globex, at: .start, recording: .sample(for: globex))
        #expect(try storage.userRecord(scene.acme.id, only) == before)
        #expect(try storage.userRecord(scene.acme.id, scene.user) != nil)
        #expect(try storage.userCutoffs(after: Timestamp(milliseconds: 0)).allSatisfy { $0.tenant == globex })
    }
}
