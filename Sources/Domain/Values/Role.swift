/// What an account may do with a tenant; each role may do what those before it may.
package enum Role: String, Sendable, CaseIterable, Comparable {
    /// Reads.
    case viewer
    /// Manages keys, users and settings.
    case admin
    /// Manages members too, and may export secrets.
    case owner

    package static func < (left: Role, right: Role) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .admin: 1
        case .owner: 2
        }
    }
}
