import Domain
import Testing
import Tokens

/// Two databases, the first with a little of everything in it.
struct Move {
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
        try source.update(key)
        try source.revoke(key, with: APIKey.Revocation(at: .start, reason: "", by: "somebody"))
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
        _ = try source.setRefreshKey([0, 1, 255], at: .start)
        let grant = Grant.ID(birth: .start, random: 7, moreRandom: 9)
        _ = try source.issue([acme.command("é\u{FFFF}").refreshable(as: grant)])
        let keyed = try acme.command("keyed")
        _ = try source.issue([
            RepeatableCommand(
                keyed, key: try #require(IdempotencyKey("k", of: keyed.apiKey)), request: SHA256.digest([1].span)
            ) { _ in [0, 1, 255] }
        ])
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
