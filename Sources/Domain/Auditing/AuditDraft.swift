package import Tokens

/// An act or event as it happens, before it gets its place in the audit log.
///
/// It is stored in the transaction of the act it tells of, so that neither is there without the other.
package struct AuditDraft: Sendable {
    /// Whose log; nil: the operator's.
    package let tenant: Tenant.ID?
    /// Who acted, and from where.
    package let origin: AuditOrigin
    /// What happened.
    package let action: AuditAction
    /// What it happened to: kind and identifier, such as `key 3kTMd0aZq1Xc`; nil: the tenant itself.
    package let target: String?
    /// How the target stood before, without secrets; nil: not at all, or it does not matter.
    ///
    /// Canonical JSON, as it is hashed.
    package let before: [UInt8]?
    /// How it stands now, without secrets; canonical JSON too.
    package let after: [UInt8]?
    /// How many events the entry stands for; more than 1 where they are sampled.
    package let count: Int64
    /// When it happened.
    package let at: Timestamp

    /// A draft.
    package init(
        _ action: AuditAction, for tenant: Tenant.ID?, by origin: AuditOrigin, target: String? = nil,
        before: JSON? = nil, after: JSON? = nil, count: Int64 = 1, at: Timestamp
    ) {
        self.tenant = tenant
        self.origin = origin
        self.action = action
        self.target = target?.auditable
        self.before = before.map { $0.canonicalBytes() }
        self.after = after.map { $0.canonicalBytes() }
        self.count = count
        self.at = at
    }
}
