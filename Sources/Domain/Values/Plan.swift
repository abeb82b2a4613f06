/// A named set of limits.
package enum Plan: String, Sendable, CaseIterable {
    case free, pro, enterprise

    /// Sustained requests a second to `POST /tokens`.
    package var rate: Int {
        switch self {
        case .free: 10
        case .pro: 100
        case .enterprise: 1_000
        }
    }

    /// Requests to `POST /tokens` that may come at once.
    package var burst: Int {
        switch self {
        case .free: 50
        case .pro: 500
        case .enterprise: 5_000
        }
    }

    /// Token pairs a calendar month (UTC).
    package var quota: Int64 {
        switch self {
        case .free: 10_000
        case .pro: 100_000
        case .enterprise: 1_000_000
        }
    }
}
