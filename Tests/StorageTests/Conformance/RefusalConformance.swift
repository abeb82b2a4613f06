import Domain
import Testing

@Suite("Quotas and refusals of every store")
struct RefusalConformance {
    @Test("The quota is exact at its boundary within one batch", arguments: Backend.all)
    func exactInBatch(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store, quota: 5)
        let outcomes = try store.storage.issue((0..<8).map { try acme.command("u\($0)", name: .set("n")) })
        #expect(outcomes.map(\.isIssued) == [true, true, true, true, true, false, false, false])
        #expect(outcomes.last == .quotaExceeded)
        #expect(try store.storage.issuedPairs(acme.id, in: Month(of: .start)) == 5)
        #expect(try store.storage.user(acme.id, .of("u4")) != nil)
        #expect(try store.storage.user(acme.id, .of("u5")) == nil, "a refused command leaves no user")
    }

    @Test("The quota is exact over several batches, and a command past it changes nothing", arguments: Backend.all)
    func exactOverBatches(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store, quota: 2)
        _ = try store.storage.issue([acme.command("u", name: .set("before"))])
        _ = try store.storage.issue([acme.command("u")])
        #expect(try store.storage.issue([acme.command("u", name: .set("after"))]) == [.quotaExceeded])
        #expect(try store.storage.user(acme.id, .of("u"))?.name == "before")
    }

    @Test("A quota of nothing issues nothing", arguments: Backend.all)
    func zeroQuota(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store, quota: 0)
        #expect(try store.storage.issue([acme.command("u")]) == [.quotaExceeded])
        #expect(try store.storage.issuedPairs(acme.id, in: Month(of: .start)) == 0)
    }

    @Test("Months count apart, also within one batch", arguments: Backend.all)
    func monthsApart(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store, quota: 2)
        let next = Timestamp.start.adding(seconds: 11 * 86_400)
        let moments = [Timestamp.start, next, .start, next, .start, next]
        let outcomes = try store.storage.issue(moments.map { try acme.command("u", at: $0) })
        #expect(outcomes.map(\.isIssued) == [true, true, true, true, false, false])
        #expect(try store.storage.issuedPairs(acme.id, in: Month(of: .start)) == 2)
        #expect(try store.storage.issuedPairs(acme.id, in: Month(of: next)) == 2)
        #expect(try store.storage.issuedPairs(acme.id, in: Month(of: next.adding(seconds: 40 * 86_400))) == 0)
    }

    @Test("No pair is issued over the quota however many ask at once", arguments: Backend.all)
    func neverOver(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store, quota: 333)
        let batches = try (0..<100).map { batch in
            try (0..<7).map { try acme.command("u\(batch)-\($0)", name: .set("n")) }
        }
        let outcomes = atOnce(batches.count) { (try? store.storage.issue(batches[$0])) ?? [] }.flatMap { $0 ?? [] }
        #expect(outcomes.count == 700)
        #expect(outcomes.count { $0.isIssued } == 333)
        #expect(try store.storage.issuedPairs(acme.id, in: Month(of: .start)) == 333)
    }

    @Test("A pair that would be too long is refused, and neither counted nor stored", arguments: Backend.all)
    func tokenTooLarge(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        let outcomes = try store.storage.issue([
            acme.command("small", name: .set("n")), acme.command("large", name: .set("n"), channels: 8_000),
        ])
        #expect(outcomes.map(\.isIssued) == [true, false])
        #expect(outcomes.last == .tokenTooLarge)
        #expect(try store.storage.user(acme.id, .of("large")) == nil)
        #expect(try store.storage.issuedPairs(acme.id, in: Month(of: .start)) == 1)
    }

    @Test("A clock that goes back an hour hinders nothing", arguments: Backend.all)
    func clockGoesBack(backend: Backend) throws {
        let store = try backend.makeEmpty()
        let acme = try Application.stored("acme", in: store)
        _ = try store.storage.issue([acme.command("u", name: .set("later"))])
        let earlier = Timestamp.start.adding(seconds: -3_600)
        let outcomes = try store.storage.issue([acme.command("u", name: .set("earlier"), at: earlier)])
        #expect(try outcomes == [.issued(.of("u", name: "earlier"))])
    }
}
