import Domain
import Testing

/// Requests of one tenant under several limits, and what becomes of each.
struct SpendingVector: Sendable, CustomTestStringConvertible {
    /// One request: by which key, for which user, at which second.
    struct Step: Sendable {
        let second: Int64
        var key = 0
        var user: String?
        /// `pass`, or the policy that refuses; with `?policy` for each that would have.
        let outcome: String
    }

    let testDescription: String
    var tenant = RateLimit(rate: 1, burst: 100)
    /// The limit of each key.
    var keys: [RateLimit?] = [nil]
    var user: RateLimit?
    var shadow: LimitPolicies = []
    let steps: [Step]

    static let all = [
        SpendingVector(
            testDescription: "a user is refused and the next one is not",
            user: RateLimit(rate: 2, period: 60, burst: 2),
            steps: [
                Step(second: 1, user: "a", outcome: "pass"), Step(second: 1, user: "a", outcome: "pass"),
                Step(second: 1, user: "a", outcome: "user"), Step(second: 1, user: "b", outcome: "pass"),
                Step(second: 31, user: "a", outcome: "pass"), Step(second: 31, user: "a", outcome: "user"),
            ]),
        SpendingVector(
            testDescription: "what a user is refused costs the tenant nothing",
            tenant: RateLimit(rate: 1, burst: 3), user: RateLimit(rate: 1, period: 60, burst: 1),
            steps: [
                Step(second: 1, user: "a", outcome: "pass"), Step(second: 1, user: "a", outcome: "user"),
                Step(second: 1, user: "a", outcome: "user"), Step(second: 1, user: "b", outcome: "pass"),
                Step(second: 1, user: "c", outcome: "pass"), Step(second: 1, user: "d", outcome: "tenant"),
            ]),
        SpendingVector(
            testDescription: "what the tenant is refused costs a user nothing",
            tenant: RateLimit(rate: 1, burst: 1), user: RateLimit(rate: 1, period: 60, burst: 2),
            steps: [
                Step(second: 1, user: "a", outcome: "pass"), Step(second: 1, user: "a", outcome: "tenant"),
                Step(second: 1, user: "a", outcome: "tenant"), Step(second: 2, user: "a", outcome: "pass"),
                Step(second: 3, user: "a", outcome: "user"),
            ]),
        SpendingVector(
            testDescription: "keys have limits of their own within the tenant's", tenant: RateLimit(rate: 1, burst: 4),
            keys: [RateLimit(rate: 1, burst: 2), nil],
            steps: [
                Step(second: 1, key: 0, outcome: "pass"), Step(second: 1, key: 0, outcome: "pass"),
                Step(second: 1, key: 0, outcome: "key"), Step(second: 1, key: 1, outcome: "pass"),
                Step(second: 1, key: 1, outcome: "pass"), Step(second: 1, key: 1, outcome: "tenant"),
                Step(second: 1, key: 0, outcome: "key"), Step(second: 2, key: 0, outcome: "pass"),
                Step(second: 2, key: 0, outcome: "key"),
            ]),
        SpendingVector(
            testDescription: "a limit that only reports lets pass and tells", tenant: RateLimit(rate: 1, burst: 2),
            user: RateLimit(rate: 1, period: 60, burst: 1), shadow: [.tenant, .user],
            steps: [
                Step(second: 1, user: "a", outcome: "pass"), Step(second: 1, user: "a", outcome: "pass?user"),
                Step(second: 1, user: "b", outcome: "pass?tenant"),
                Step(second: 1, user: "b", outcome: "pass?tenant?user"), Step(second: 2, user: "c", outcome: "pass"),
            ]),
        SpendingVector(
            testDescription: "a request that is refused tells nothing of limits that only report",
            tenant: RateLimit(rate: 1, burst: 1), user: RateLimit(rate: 1, period: 60, burst: 1), shadow: [.tenant],
            steps: [
                Step(second: 1, user: "a", outcome: "pass"), Step(second: 1, user: "a", outcome: "user"),
                Step(second: 1, user: "b", outcome: "pass?tenant"), Step(second: 2, user: "c", outcome: "pass"),
            ]),
    ]
}

/// What decides the requests of one vector, with the state that they leave.
final class SpendingScene {
    private let vector: SpendingVector
    private let tenant = anyTenant()
    private let ofTenant: Allowance
    private let ofKeys: [Allowance?]
    private let users = UserLimiters()

    init(_ vector: SpendingVector) {
        self.vector = vector
        ofTenant = Allowance(limit: vector.tenant, limiter: RateLimiter())
        ofKeys = vector.keys.enumerated().map { index, limit in
            limit.flatMap { limit in
                APIKey.ID("key00000000\(index)").map { Allowance(.key($0), limit: limit, limiter: RateLimiter()) }
            }
        }
    }

    /// The limits of one request.
    func spending(_ step: SpendingVector.Step) -> Spending {
        let ofUser = vector.user.flatMap { limit in
            step.user.flatMap(User.ID.init).map { id in
                Allowance(.user(id), limit: limit, limiter: users.limiter(tenant, id))
            }
        }
        return Spending(
            tenant: tenant, ofTenant: ofTenant, ofKey: ofKeys[step.key], ofUser: ofUser, shadow: vector.shadow)
    }
}

extension LimitVerdict {
    /// As ``SpendingVector/Step/outcome`` writes it.
    var outcome: String { ([refusedBy?.rawValue ?? "pass"] + shadowed.names).joined(separator: "?") }
}
