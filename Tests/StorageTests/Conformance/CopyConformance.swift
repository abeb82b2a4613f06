import Domain
import Testing
import Tokens

/// Two databases, the first with a little of everything in it.
private struct Move {
    let source: any CopyEnd, target: any CopyEnd
    let acme: Application
    private let stores: [Store]

    init(_ backends: (Backend, Backend)) throws {
        let from = try backends.0.makeEmpty(), to = try backends.1.makeEmpty()
        stores = [from, to]
        source = try #require(from.storage as? any CopyEnd)
        target = try #require(to.storage as? any CopyEnd)
        try source.setMasterKeyCheck([0, 1, 2, 255])
        acme = try Application.stored("acme", in: from)
        try fill(try Application.stored("globex", in: from))
    }

    private func fill(_ globex: Application) throws {
        var tenant = globex.tenant
        tenant.tokenClaims = ["role", "é", "b"]
        tenant.overrides = Tenant.Overrides(rate: 3, quota: 0)
        tenant.xmppHost = "chat.example"
        try source.update(tenant)
        try source.setStatus(.suspended, of: tenant.id)
        try source.add(.sample("a-standby", state: .standby), to: acme.id)
        try source.add(.sample("z-revoked", state: .revoked), to: acme.id)
        for (name, owner) in [("keyofacme000", APIKey.Owner.tenant(acme.id)), ("keyofnode000", .node)] {
            try source.create(.sample(name, owner: owner))
        }
        var key = try APIKey.sample("revoked00000", owner: .operator)
        try source.create(key)
        key.former = APIKey.Former(hash: key.secretHash, until: .start)
        key.revocation = APIKey.Revocation(at: .start, reason: "", by: "somebody")
        try source.update(key)
        try source.create(
            APIKey(
                id: try #require(APIKey.ID("imported0000")), owner: .tenant(acme.id), name: "i", scopes: .issue,
                secretHash: key.secretHash, createdAt: .start,
                allowedAddresses: [try #require(AddressRange("2001:db8::/32"))],
                rateLimit: RateLimit(rate: 2, burst: 3),
                imported: APIKey.Imported(prefix: "zmc_", hash: key.secretHash),
                leak: APIKey.Leak(at: .start, place: "é", quarantinedAt: .start)))
        try source.count([key.id: APIKey.Usage(count: 3, lastUsedAt: .start)])
        try fillAuditLog()
        try fillPeople()
        try fillPlans()
        // Orders that differ between bytes, code points in UTF-16 and any language; two texts that look the same.
        let odd = ["é", "e\u{301}", "ß", "日本", "\u{FFFD}", "\u{FFFF}", "🎉", "a\\", "a'b", "a\"b", "a,b{}"]
        for id in ["a", "B", "Z", "10", "9"] + odd {
            _ = try source.issue([acme.command(id, name: .set("ÄB"), custom: .set(#"{"n":1.0,"s":"\u0000"}"#))])
        }
        _ = try source.issue([acme.command("empty", name: .set("")), globex.command("a")])
        for id in ["é", "a'b"] {
            _ = try source.setStatus(
                .deactivated, of: .of(id), of: acme.id, at: .start, recording: .sample(for: acme.id))
        }
    }

    /// None of the plans as every database has them at first, and one less.
    private func fillPlans() throws {
        for var plan in try source.plans() where plan.id != .pro {
            plan.name += " é"
            try source.update(plan, recording: .sample(for: nil))
        }
        let id = try #require(Plan.ID("team"))
        let plan = Plan(
            id: id, name: "Team", rate: 1, burst: 2, quota: 3, keyRate: RateLimit(rate: 4, burst: 5),
            userRate: UserRate(pairs: 6, window: 7), createdAt: .start)
        try source.create(plan, recording: .sample(for: nil))
        try source.deletePlan(.pro, recording: .sample(for: nil))
        let key = APIKey.ID("keyofacme000")
        try source.add(
            [
                EventCount(tenant: acme.id, key: key, event: .verification(nil), count: 3),
                EventCount(tenant: acme.id, key: nil, event: .shadow(.quota), count: 1),
            ], on: Day(of: .start))
    }

    private func fillAuditLog() throws {
        try source.record([.sample(for: nil), .sample(.keyRotated, for: acme.id, actor: "é\u{FFFF}0")])
        func row(_ texts: String..., number: Int64) -> [CopyValue] {
            texts.map { .bytes(Array($0.utf8)) } + [.number(number)]
        }
        let checkpoint = row("acme", number: 2) + [.number(7)] + row("a.b.c", number: 0).dropLast()
        for table in CopyTable.all {
            switch table.name {
            case "audit_checkpoint": try source.write([CopyRow(checkpoint)], removing: [], in: table)
            case "audit_key": try source.write([CopyRow(row("kid", "sealed", number: 5))], removing: [], in: table)
            default: break
            }
        }
    }

    private func fillPeople() throws {
        let (ann, bob) = (try Person("ann@acme.example"), try Person("bob@acme.example"))
        try source.register(ann.registration(of: Application("initech"), key: "keyofinitech"), recording: [])
        try source.create(bob.account, password: bob.password, memberOf: (acme.id, .viewer), recording: [])
        try source.open(bob.session(agent: nil), with: bob.password, recording: [])
        for email in [nil, "ann@acme.example"] { try source.create(.sample(to: acme.id, email: email), recording: []) }
        let used = try Invitation.sample(to: acme.id)
        try source.create(used, recording: [])
        try source.accept(used, by: .account(ann.id), at: .start, recording: [])
    }

    func copy(page: Int = 4, progress: (CopyRecords.Progress) -> Void = { _ in }) throws -> [CopyRecords.Result] {
        try CopyRecords(from: source, to: target, page: page)(progress: progress)
    }

    /// The failure of copying.
    func failure(progress: (CopyRecords.Progress) -> Void = { _ in }) throws -> CopyFailure? {
        do throws(CopyFailure) {
            _ = try CopyRecords(from: source, to: target, page: 4)(progress: progress)
            return nil
        } catch {
            return error
        }
    }

    func expectSame(_ location: SourceLocation = #_sourceLocation) throws {
        for table in CopyTable.all {
            let here = try source.rows(of: table, after: nil, through: nil, limit: nil)
            let there = try target.rows(of: table, after: nil, through: nil, limit: nil)
            #expect(!here.isEmpty, "\(table.name)", sourceLocation: location)
            #expect(here == there, "\(table.name)", sourceLocation: location)
        }
    }
}

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
        let keys = try ["keyofacme000", "keyofnode000", "revoked00000"].map { name in
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
        var tenant = try #require(try move.source.tenants().last)
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
            ])
        try move.expectSame()
    }

    @Test("A copy that was broken off anywhere is finished", arguments: pairs)
    func brokenOff(backends: (Backend, Backend)) throws {
        let move = try Move(backends)
        for length in [0, 1, 4, 5, 9] {
            try move.target.setCopyState(.unfinished)
            for table in CopyTable.all.reversed() {
                let rows = try move.target.rows(of: table, after: nil, through: nil, limit: nil)
                try move.target.write([], removing: Array(rows.dropFirst(length)), in: table)
                guard table.name != "user" else { break }
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
