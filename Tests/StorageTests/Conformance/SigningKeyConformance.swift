import Domain
import Testing
import Tokens

/// A tenant with an active key and one on standby.
private struct Pair {
    let store: Store
    let acme: Application
    let first: String, second = "second"

    init(_ backend: Backend) throws {
        store = try backend.makeEmpty()
        acme = try Application.stored("acme", in: store)
        first = acme.sealed.kid
        try store.storage.add(.sample(second, state: .standby), to: acme.id)
    }

    func set(_ states: [(kid: String, state: KeyState)], at moment: Timestamp = .start) -> StoreFailure? {
        failure { () throws(StoreFailure) in try store.storage.setStates(states, of: acme.id, at: moment) }
    }

    var activation: [(kid: String, state: KeyState)] { [(first, .retired), (second, .active)] }

    func states() throws -> [String: KeyState] {
        let keys = try #require(try store.storage.tenant(acme.id)).keys
        return Dictionary(uniqueKeysWithValues: keys.map { ($0.kid, $0.state) })
    }

    func told() throws -> [Revocation.Subject] {
        try store.storage.revocations(after: 0, of: acme.id, aliveAt: .start, limit: 100).map(\.subject)
    }
}

@Suite("Signing keys of every store")
struct SigningKeyConformance {
    @Test("What would leave a tenant without its active key is a conflict and changes nothing", arguments: Backend.all)
    func keepsSigning(backend: Backend) throws {
        let pair = try Pair(backend)
        #expect(pair.set(pair.activation) == nil)
        let before = try pair.states()
        let entries = try pair.store.storage.auditHead(of: pair.acme.id).sequence
        for state in [KeyState.revoked, .retired, .standby] {
            #expect(pair.set([(pair.second, state)])?.isConflict == true, "\(state)")
        }
        #expect(pair.set([(pair.first, .retired), (pair.second, .revoked)])?.isConflict == true)
        #expect(try pair.states() == before && pair.told().isEmpty)
        #expect(try pair.store.storage.auditHead(of: pair.acme.id).sequence == entries)
        #expect(pair.set([(pair.second, .revoked), (pair.first, .active)]) == nil, "with a successor it may go")
    }

    @Test("In the other order the activation fails, and the key that signed goes on", arguments: Backend.all)
    func revokedFirst(backend: Backend) throws {
        let pair = try Pair(backend)
        #expect(pair.set([(pair.second, .revoked)]) == nil)
        #expect(pair.set(pair.activation)?.isMissing == true)
        #expect(try pair.states() == [pair.first: .active, pair.second: .revoked])
        let retired = try Pair(backend)
        #expect(retired.set([(retired.second, .retired)]) == nil && retired.set(retired.activation) == nil)
        #expect(try retired.states() == [retired.first: .retired, retired.second: .active])
    }

    @Test("However activations, revocations and retirements fall together, one key signs", arguments: Backend.all)
    func together(backend: Backend) throws {
        for round in 0..<20 {
            let pair = try Pair(backend)
            let ending = round.isMultiple(of: 2) ? KeyState.revoked : .retired
            let results = atOnce(2) { index in
                pair.set(index == round / 2 % 2 ? pair.activation : [(pair.second, ending)])
            }
            #expect(try pair.states().values.count(where: { $0 == .active }) == 1)
            #expect(results.count(where: { $0.flatMap { $0 } == nil }) >= 1)
        }
    }

    @Test(
        "A tenant gets as many keys that verify as it may have, also when all are asked for at once",
        arguments: Backend.all)
    func bounded(backend: Backend) throws {
        let pair = try Pair(backend)
        let most = SigningKeyCount.most
        let failures = atOnce(24) { number in
            failure { () throws(StoreFailure) in
                try pair.store.storage.add(.sample("more\(number)", state: .standby), to: pair.acme.id)
            }
        }.compactMap { $0.flatMap { $0 } }
        #expect(failures.count == 24 - (most - 2) && failures.allSatisfy(\.isConflict))
        #expect(try pair.states().count == most)
        try pair.store.storage.add(
            .sample("instead", state: .standby), to: pair.acme.id, upTo: most + 1, recording: .sample(for: pair.acme.id)
        )
        func add(at moment: Timestamp) -> StoreFailure? {
            let key = SealedKey.sample("at\(moment.seconds)", state: .standby, at: moment)
            return failure { () throws(StoreFailure) in try pair.store.storage.add(key, to: pair.acme.id) }
        }
        #expect(pair.set([(pair.second, .revoked), ("instead", .retired)]) == nil)
        #expect(add(at: .start)?.isConflict == true, "a retired key verifies what it signed")
        let day = Timestamp.start.adding(seconds: 90_000)
        #expect(add(at: day.adding(seconds: -1))?.isConflict == true)
        #expect(add(at: day) == nil && add(at: day.adding(seconds: 1))?.isConflict == true, "until that is over")
        #expect(
            pair.set([(pair.first, .retired), ("instead", .active)], at: day)?.isConflict == true, "one too many again")
    }

    @Test("A key that is revoked is told in the log of revocations, and only that", arguments: Backend.all)
    func told(backend: Backend) throws {
        let pair = try Pair(backend)
        #expect(pair.set(pair.activation) == nil)
        #expect(try pair.told().isEmpty)
        #expect(pair.set([(pair.first, .revoked)]) == nil)
        #expect(try pair.told() == [.signingKey(pair.first)])
        let entries = try pair.store.storage.auditEntries(of: pair.acme.id, AuditQuery(limit: 100))
        #expect(!entries.contains { $0.action == AuditAction.tokensRevoked.rawValue }, "the audit log has the act")
    }
}
