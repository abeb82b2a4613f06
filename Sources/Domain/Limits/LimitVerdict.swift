/// What became of a request under all its limits.
package struct LimitVerdict: Sendable, Equatable {
    /// What each limit said; only that of the one that refused, where one did.
    private var tenant: RateLimit.Decision?, key: RateLimit.Decision?, user: RateLimit.Decision?
    /// Which limit refused the request; nil: it may pass.
    package private(set) var refusedBy: LimitPolicy?
    /// Which limits that only report would have refused it.
    package var shadowed: LimitPolicies = []

    init() {}

    /// A request that nothing has been decided about yet.
    package static let pending = LimitVerdict()

    /// A request under the tenant's limit alone.
    init(tenant decision: RateLimit.Decision) {
        tenant = decision
        refusedBy = decision.isAllowed ? nil : .tenant
    }

    /// A request that one limit refused.
    init(refusedBy policy: LimitPolicy, _ decision: RateLimit.Decision) {
        refusedBy = policy
        self[policy] = decision
    }

    /// Whether the request may pass.
    package var isAllowed: Bool { refusedBy == nil }

    /// What a limit said; nil where it was not asked, or only reports.
    package internal(set) subscript(policy: LimitPolicy) -> RateLimit.Decision? {
        get {
            switch policy {
            case .tenant: tenant
            case .key: key
            case .user: user
            case .quota: nil
            }
        }
        set {
            switch policy {
            case .tenant: tenant = newValue
            case .key: key = newValue
            case .user: user = newValue
            case .quota: break
            }
        }
    }
}
