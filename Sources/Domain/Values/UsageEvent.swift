/// What is counted of a tenant's usage, as tables name it.
package enum UsageKind: String, Sendable, CaseIterable {
    /// A token pair was issued.
    case pair
    /// A token was verified; the code is `valid` or why it was not.
    case verification
    /// A request was refused; the code is that of the problem document.
    case refusal
    /// A limit that only reports would have refused a request; the code is the policy.
    case shadow
}

/// Something that is counted by day, apart from pairs.
package enum UsageEvent: Sendable, Hashable {
    /// A token was verified; nil: it was valid.
    case verification(Verdict.Refusal?)
    /// A request was refused.
    case refusal(Failure.Code)
    /// A limit that only reports would have refused a request.
    case shadow(LimitPolicy)

    /// What sort of event it is.
    package var kind: UsageKind {
        switch self {
        case .verification: .verification
        case .refusal: .refusal
        case .shadow: .shadow
        }
    }

    /// Which of its kind.
    package var code: String {
        switch self {
        case .verification(let refusal): refusal?.rawValue ?? "valid"
        case .refusal(let code): code.rawValue
        case .shadow(let policy): policy.rawValue
        }
    }
}
