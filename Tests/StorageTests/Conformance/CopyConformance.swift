import Domain
import Testing
import Tokens

extension CopyFailure {
    fileprivate var refusal: String? { if case .refused(let text) = self { text } else { nil } }
}

@Suite("A copy between any two databases")
struct CopyConformance {
    /// Every pair, but of those in which a server is reached in two ways only one.
    static let pairs = Backend.all.flatMap { from in Backend.all.map { (from, $0) } }
        .filter { from, to in
            from.testDescription == to.testDescription || [from, to].contains { $0.testDescription == "SQLite" }
        }

    @Test("Everything arrives byte for byte, whatever the size of a page", arguments: pairs)
    func whole(backends: (Backend, Backend)) throws {
        for page in [1, 3, 1_000] {
            let move = try Move(backends)
            let results = try move.copy(page: page)
            try move.expectSame()
            #expect(results.allSatisfy { $0.isEqual && !$0.isDisturbed && $0.written == $0.source.rows })
            #expect(try move.target.masterKeyCheck() == [0, 1, 2, 255])
            #expect(try move.target.copyState() == .complete)
            #expect(try move.target.tenants() == move.source.tenants())
            #expect(try move.target.usage(of: .operator) == move.source.usage(of: .operator))
            #expect(try move.target.apiKeys(of: .operator) == move.source.apiKeys(of: .operator))
        }
    }

    @Test("The target's change log names every tenant, key and cut-off, so that its servers notice", arguments: pairs)
    func log(backends: (Backend, Backend)) throws {
        let move = try Move(backends)
        _ = try move.copy()
        let subjects = Set(try move.target.changes(after: 0, limit: 1_000).map(\.subject))
        let tenants = try move.source.tenants().map { Change.Subject.tenant($0.id) }
        let keys = try ["keyofacme000", "keyofnode000", "revoked00000", "imported0000", "keyofinitech"].map { name in
            Change.Subject.apiKey(try #require(APIKey.ID(name)))
        }
        let users = try move.source.userCutoffs(after: Timestamp(milliseconds: 0)).map(Change.Subject.user)
        let plans = try (move.source.plans().map(\.id) + [.pro]).map(Change.Subject.plan)
        #expect(subjects == Set(tenants + keys + users + plans) && users.count == 2)
    }

    @Test("Done again it moves only what has changed, and takes away what is gone", arguments: pairs)
    func again(backends: (Backend, Backend)) throws {
        let move = try Move(backends)
        _ = try move.copy()
        #expect(try move.copy().allSatisfy { $0.written == 0 && $0.removed == 0 })
        _ = try move.source.issue([
            move.acme.command("B", name: .set("new")), move.acme.command("B2"), move.acme.command("zzz"),
        ])
        var tenant = try #require(try move.source.tenants().first { !$0.tokenClaims.isEmpty })
        tenant.tokenClaims = ["x"]
        try move.source.update(tenant)
        let counts = try move.copy().reduce(into: [:]) { $0[$1.table] = [$1.written, $1.removed] }
        #expect(
            counts == [
                "plan": [0, 0], "tenant": [0, 0], "token_claim": [1, 2], "signing_key": [0, 0], "api_key": [0, 0],
                "imported_prefix": [0, 0], "api_key_usage": [0, 0], "user": [3, 0], "user_cutoff": [0, 0],
                "issued_month": [1, 0], "issued_day": [1, 0], "day_count": [0, 0], "audit_head": [1, 0],
                "audit_entry": [1, 0], "audit_checkpoint": [0, 0], "audit_key": [0, 0],
                "account": [0, 0], "membership": [0, 0], "session": [0, 0], "invitation": [0, 0],
                "revocation": [0, 0], "refresh_key": [0, 0], "grant_refresh": [0, 0],
                "issue_answer": [0, 0],
            ])
        try move.expectSame()
    }

    @Test("A copy that was broken off anywhere is finished", arguments: pairs)
    func brokenOff(backends: (Backend, Backend)) throws {
        let move = try Move(backends)
        for (end, length) in [("user", 0), ("user", 5), ("audit_entry", 1), ("account", 1), ("session", 0)] {
            try move.target.setCopyState(.unfinished)
            for table in CopyTable.all.reversed() {
                let rows = try move.target.rows(of: table, after: nil, through: nil, limit: nil)
                try move.target.write(
                    [], removing: Array(rows.dropFirst(table.name == end ? length : 0)), in: table)
                guard table.name != end else { break }
            }
            _ = try move.copy()
            try move.expectSame()
        }
    }

    @Test("The signing key in force changes hands across pages", arguments: pairs)
    func activeKey(backends: (Backend, Backend)) throws {
        let move = try Move(backends)
        _ = try move.copy()
        let states: [(String, KeyState)] = [("a-standby", .active), (move.acme.sealed.kid, .standby)]
        for turn in [states, states.map { ($0.0, $0.1 == .active ? KeyState.standby : .active) }] {
            try move.source.setStates(turn.map { (kid: $0.0, state: $0.1) }, of: move.acme.id, at: .start)
            _ = try move.copy(page: 1)
            try move.expectSame()
        }
    }

    @Test("What the source gets after it was copied is found out, and the target stays unfinished", arguments: pairs)
    func disturbed(backends: (Backend, Backend)) throws {
        let move = try Move(backends)
        var isWritten = false
        let failure = try move.failure { progress in
            guard progress.phase == .verifying, !isWritten else { return }
            isWritten = (try? move.source.issue([move.acme.command("meanwhile")])) != nil
        }
        guard case .differs(let results) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(results.filter { !$0.isEqual }.map(\.table) == ["user", "issued_month", "issued_day"])
        #expect(results.filter(\.isDisturbed).map(\.table) == ["user", "issued_month", "issued_day"])
        #expect(try move.target.copyState() == .unfinished)
        _ = try move.copy()
        try move.expectSame()
    }

    @Test("A target with tenants of its own is refused and keeps what it has", arguments: pairs)
    func occupied(backends: (Backend, Backend)) throws {
        let move = try Move(backends)
        let other = try Application("other")
        try move.target.setMasterKeyCheck([9])
        try move.target.create(other.tenant, signingKey: other.sealed)
        #expect(try move.failure()?.refusal?.contains("holds tenants") == true)
        #expect(try move.target.tenants() == [other.tenant])
        #expect(try move.target.masterKeyCheck() == [9])
        #expect(try move.target.copyState() == nil)

        try move.target.setCopyState(.unfinished)
        #expect(try move.failure()?.refusal?.contains("another deployment") == true)
        try move.target.replaceMasterKeyCheck(by: [0, 1, 2, 255])
        #expect(try move.failure()?.refusal?.contains("does not know: other") == true)
        #expect(try move.target.tenants() == [other.tenant])
    }

    @Test("A source that was never set up, or is half a copy itself, is refused", arguments: pairs)
    func badSource(backends: (Backend, Backend)) throws {
        let move = try Move(backends)
        #expect(
            throws: CopyFailure.self, "the empty one has no master key"
        ) { try CopyRecords(from: move.target, to: move.source)() }
        try move.source.setCopyState(.unfinished)
        #expect(try move.failure()?.refusal?.contains("broken off") == true)
        #expect(try move.target.isEmpty())
    }
}
