import Domain
import Foundation

/// Revocations in memory, and a token that is looked up among them and is none of theirs.
struct RevocationSample {
    private let index = RevocationIndex()
    private let tenant: Tenant.ID
    private let now = Timestamp(milliseconds: 1_767_225_600_000)
    private var state: UInt64 = 1

    struct Unfit: Error {}

    /// One of each kind, so that every kind is looked up, and 10,000 grants.
    init() throws {
        guard let tenant = Tenant.ID("acme"), let user = User.ID("mallory"), let key = APIKey.ID("ZZZZZZZZZZZZ"),
            let label = Label("device")
        else { throw Unfit() }
        self.tenant = tenant
        for subject in [Revocation.Subject.user(user), .apiKey(key), .signingKey("old"), .label(label)] {
            insert(subject)
        }
        for _ in 0..<10_000 { insertGrant() }
    }

    private func insert(_ subject: Revocation.Subject) {
        index.insert(subject, of: tenant, cutoff: now, expires: now.adding(seconds: Revocation.life))
    }

    private mutating func insertGrant() {
        // A linear congruential generator (Knuth's MMIX constants): the same grants in every run.
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        insert(.grant(Grant.ID(birth: now, random: state >> 48, moreRandom: state)))
    }

    /// What a verification asks where the tenant has revocations of every kind.
    func lookUp(_ iterations: Int) -> Int {
        let (user, key, kid, label) = ("user-0000001", "0123456789AB", "micro-benchmark-key", "room")
        let grant = Grant.ID(birth: now, random: 1, moreRandom: 2)
        let known = index.tenant(tenant)
        var sum: Int64 = 0
        for _ in 0..<iterations {
            sum &+= index.cutoff(
                of: known, grant: grant, user: user.utf8.span, apiKey: key.utf8.span, signingKey: kid.utf8.span,
                label: label.utf8.span, at: now)
        }
        return Int(sum)
    }

    /// Prints what memory so many more grants take and what a look-up among them does.
    static func report(_ count: Int) {
        guard var sample = try? RevocationSample() else { preconditionFailure("the sample is broken") }
        let before = residentBytes()
        let filling = nanoseconds { for _ in 0..<count { sample.insertGrant() } }
        let bytes = residentBytes() - before
        let looking = nanoseconds { _ = sample.lookUp(1_000_000) }
        print(
            "\(sample.index.count) revocations: \(bytes / 1_048_576) MiB more, \(bytes / count) bytes each;",
            "\(filling / count) ns to add one, \(looking / 1_000_000) ns to look five kinds up")
    }

    private static func nanoseconds(_ work: () -> Void) -> Int {
        Int(ContinuousClock().measure(work) / .nanoseconds(1))
    }

    /// Resident memory of the process, as Linux tells it.
    private static func residentBytes() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1_024
    }
}
