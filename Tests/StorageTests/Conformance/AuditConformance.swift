import Domain
import Testing
import Tokens

@Suite("The audit log", .timeLimit(.minutes(2)))
struct AuditConformance {
    @Test("An act and its entry are stored together, and neither without the other", arguments: Backend.all)
    func together(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let origin = AuditOrigin(actor: "key abc", address: "192.0.2.7", requestID: "r-1")
        let draft = AuditDraft(
            .tenantSuspended, for: acme.id, by: origin, target: "tenant \u{FFFF}\0 \"x\"", before: ["status": "active"],
            after: ["z": "\u{1F}ä", "a": 1], at: Timestamp(milliseconds: 1_795_176_123_456))
        try store.storage.setStatus(.suspended, of: acme.id, recording: draft)
        let ghost = try #require(Tenant.ID("ghost"))
        #expect(
            failure { () throws(StoreFailure) in
                try store.storage.setStatus(.suspended, of: ghost, recording: .sample(for: ghost))
            }?.isMissing == true)
        #expect(try store.storage.auditEntries(of: ghost, AuditQuery(limit: 9)).isEmpty)
        let entry = try #require(try store.storage.auditEntries(of: acme.id, AuditQuery(limit: 9)).first)
        #expect(entry.link == (try store.storage.auditHead(of: acme.id)))
        #expect(entry.link.sequence == 2 && entry.origin == origin && entry.at == draft.at)
        let text = #"""
            {"action":"tenant.suspended","actor":"key abc","address":"192.0.2.7","after":{"a":1,"z":"\u001Fä"},\#
            "at":"2026-11-20T12:02:03.456Z","before":{"status":"active"},"count":1,"requestId":"r-1","sequence":2,\#
            "target":"tenant \#u{FFFF}\#u{FFFD} \"x\"","tenant":"acme"}
            """#
        #expect(String(decoding: AuditText(entry).bytes, as: UTF8.self) == text)
        #expect(entry.link.hash == SHA256.digest((entry.previous.bytes + Array(text.utf8)).span))
    }

    @Test("Of the same acts every database keeps the same bytes and the same hash")
    func sameBytes() throws {
        let heads = try Backend.all.map { backend in
            let store = try backend.makeEmpty()
            _ = try Application.stored("acme", in: store)
            try store.storage.record((1...20).map { .sample(for: Tenant.ID("acme"), actor: "\($0) \u{7F}é\u{10FFFF}") })
            return try store.storage.auditHead(of: Tenant.ID("acme"))
        }
        #expect(heads.allSatisfy { $0 == heads.first && $0.sequence == 21 })
    }

    @Test("A chain has no gap and no fork under eight writers at once", arguments: Backend.all)
    func concurrent(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let other = try Application.stored("other", in: store)
        let results = atOnce(8) { writer in
            failure { () throws(StoreFailure) in
                for turn in 0..<10 {
                    switch (writer + turn) % 3 {
                    case 0: try store.storage.update(acme.tenant)
                    case 1:
                        // The other way round in half of them: two at once must not wait for each other.
                        let drafts: [AuditDraft] = [.sample(for: acme.id), .sample(for: other.id), .sample(for: nil)]
                        try store.storage.record(writer % 2 == 0 ? drafts : drafts.reversed())
                    default: try store.storage.setStatus(turn % 2 == 0 ? .active : .suspended, of: acme.id)
                    }
                }
            }
        }
        #expect(results.compactMap { $0 ?? nil }.map(\.text) == [])
        let chain = try store.storage.auditEntries(of: acme.id, AuditQuery(limit: 1_000, isNewestFirst: false))
        #expect(chain.map(\.link.sequence) == Array(1...81))
        var previous = Digest.zero
        for entry in chain {
            #expect(entry.previous == previous && entry.link.hash == AuditText(entry).hash(after: previous))
            previous = entry.link.hash
        }
        #expect(try store.storage.auditHead(of: acme.id).hash == previous)
        let theirs = try store.storage.auditEntries(of: other.id, AuditQuery(limit: 1_000))
        let ours = try store.storage.auditEntries(of: nil, AuditQuery(limit: 1_000))
        #expect(theirs.count == ours.count + 1 && ours.allSatisfy { $0.link.tenant == nil })
    }

    @Test("A query takes what fits, in its order, and nothing of another tenant", arguments: Backend.all)
    func queries(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let other = try Application.stored("other", in: store)
        let hour = Timestamp.start.adding(seconds: 3_600)
        try store.storage.record([
            .sample(.keyCreated, for: acme.id, actor: "a"), .sample(.keyRevoked, for: acme.id, actor: "b", at: hour),
            .sample(.keyCreated, for: acme.id, actor: "b", at: hour), .sample(.keyCreated, for: other.id, actor: "b"),
        ])
        func found(_ change: (inout AuditQuery) -> Void) throws -> [Int64] {
            var query = AuditQuery(limit: 10)
            change(&query)
            return try store.storage.auditEntries(of: acme.id, query).map(\.link.sequence)
        }
        #expect(try found { _ in } == [4, 3, 2, 1])
        #expect(try found { $0.isNewestFirst = false } == [1, 2, 3, 4])
        #expect(try found { $0.limit = 2 } == [4, 3])
        #expect(try found { $0.before = 3 } == [2, 1])
        #expect(try found { $0.after = 2 } == [4, 3])
        #expect(try found { $0.action = "key.created" } == [4, 2])
        #expect(try found { $0.actor = "b" } == [4, 3])
        #expect(try found { ($0.action, $0.actor) = ("key.created", "b") } == [4])
        #expect(try found { $0.from = hour } == [4, 3])
        #expect(try found { $0.to = hour } == [2, 1])
    }

    @Test("A chain is due for a checkpoint an hour after its last, or when it has grown much", arguments: Backend.all)
    func checkpoints(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let other = try Application.stored("other", in: store)
        func due(_ moment: Timestamp, or most: Int64 = 100) throws -> [String] {
            try store.storage.unsealedChains(sealedBefore: moment, or: most, limit: 10).map(\.chain)
        }
        #expect(try due(.start) == ["acme", "other"])
        let head = try store.storage.auditHead(of: acme.id)
        let checkpoint = AuditCheckpoint(tenant: acme.id, sequence: 1, signedAt: .start, statement: "a.b.c")
        let late = AuditCheckpoint(tenant: acme.id, sequence: 1, signedAt: .start, statement: "d.e.f")
        try store.storage.add([checkpoint])
        try store.storage.add([late])
        #expect(try store.storage.auditCheckpoints(of: acme.id, in: 1...9) == [checkpoint])
        #expect(try store.storage.auditCheckpoints(of: acme.id, in: 2...9) == [])
        #expect(try store.storage.auditCheckpoints(of: other.id, in: 1...9) == [])
        #expect(try store.storage.auditHead(of: acme.id) == head)
        #expect(try due(.start) == ["other"])
        try store.storage.update(acme.tenant)
        #expect(try due(.start) == ["other"])
        #expect(try due(.start.adding(seconds: 1)) == ["other", "acme"])
        #expect(try due(.start, or: 1) == ["other", "acme"])
    }

    @Test("The span of a chain between two moments has no gap", arguments: Backend.all)
    func span(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try #require(Tenant.ID("acme"))
        #expect(try store.storage.auditSpan(of: acme, from: nil, to: nil) == nil)
        func later(_ seconds: Int64) -> Timestamp { .start.adding(seconds: seconds) }
        // The second's clock is slow.
        try store.storage.record([0, 50, 20, 60].map { .sample(for: acme, at: later($0)) })
        #expect(try store.storage.auditSpan(of: acme, from: nil, to: nil) == 1...4)
        #expect(try store.storage.auditSpan(of: acme, from: later(30), to: nil) == 2...4)
        #expect(try store.storage.auditSpan(of: acme, from: nil, to: later(30)) == 1...3)
        #expect(try store.storage.auditSpan(of: acme, from: later(70), to: nil) == nil)
        #expect(try store.storage.auditSpan(of: nil, from: nil, to: nil) == nil)
    }

    @Test("Of several first keys one is in force", arguments: Backend.all)
    func keys(backend: Backend) throws {
        let store = try backend.makeEmpty()
        #expect(try store.storage.auditKeys().isEmpty)
        let kept = atOnce(4) { number in
            try? store.storage.addFirst(SealedAuditKey(kid: "k\(number)", sealed: [1, 2], createdAt: .start))
        }
        #expect(try store.storage.auditKeys().count == 1)
        #expect(try kept.allSatisfy { try $0 == store.storage.auditKeys().first })
    }

    @Test("The first use of a key is told, once", arguments: Backend.all)
    func firstUse(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let keys = [
            try APIKey.sample("keyofacme000", owner: .tenant(acme.id)), try APIKey.sample("keyofnode000", owner: .node),
        ]
        for key in keys { try store.storage.create(key) }
        for count in [Int64(1), 5] {
            let uses = Dictionary(
                uniqueKeysWithValues: keys.map {
                    ($0.id, APIKey.Usage(count: count, lastUsedAt: .start.adding(seconds: count)))
                })
            try store.storage.count(uses)
        }
        for (tenant, key) in [(Optional(acme.id), keys[0]), (nil, keys[1])] {
            var query = AuditQuery(limit: 10)
            query.action = AuditAction.keyFirstUsed.rawValue
            let entries = try store.storage.auditEntries(of: tenant, query)
            #expect(entries.map(\.target) == ["key \(key.id)"] && entries.first?.at == .start.adding(seconds: 1))
        }
        #expect(try store.storage.usage(of: .node).values.map(\.count) == [6])
    }
}
