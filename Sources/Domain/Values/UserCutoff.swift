/// What is no longer honoured of a user's tokens, and why: written whenever a user is deactivated, reactivated or
/// erased.
///
/// It holds no identifier and no word of the person. Of one user each is later than the one before.
package struct UserCutoff: Sendable, Hashable {
    /// Seconds after which a cut-off matters no more: longer than any token lives, clocks that differ included.
    package static let life: Int64 = 90_000

    /// Whose user.
    package let tenant: Tenant.ID
    /// The user.
    package let reference: UserReference
    /// No token born up to this moment is honoured.
    package let changedAt: Timestamp
    /// Whether no token at all is honoured.
    package let isDeactivated: Bool

    /// A cut-off.
    package init(tenant: Tenant.ID, reference: UserReference, changedAt: Timestamp, isDeactivated: Bool) {
        self.tenant = tenant
        self.reference = reference
        self.changedAt = changedAt
        self.isDeactivated = isDeactivated
    }
}

extension UserCutoff {
    /// The cut-off as the change log stores it: `<tenant>/<reference>/<milliseconds>/<status>`.
    package var text: String {
        let status: User.Status = isDeactivated ? .deactivated : .active
        return "\(tenant)/\(reference.text)/\(changedAt.milliseconds)/\(status.rawValue)"
    }

    /// The cut-off of such a text; nil where it is none.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 4, let tenant = Tenant.ID(String(parts[0])), let reference = UserReference(parts[1]),
            let milliseconds = Int64(parts[2]), let status = User.Status(rawValue: String(parts[3]))
        else { return nil }
        self.init(
            tenant: tenant, reference: reference, changedAt: Timestamp(milliseconds: milliseconds),
            isDeactivated: status == .deactivated)
    }
}
