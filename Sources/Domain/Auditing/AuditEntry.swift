package import Tokens

/// An entry of the audit log, in its place in the chain of its tenant.
///
/// Its hash is the SHA-256 of the hash before it (32 bytes) and of ``canonicalBytes()``: whoever changes, removes or
/// inserts an entry changes every hash after it.
package struct AuditEntry: Sendable, Equatable {
    /// Where it stands.
    package let link: AuditLink
    /// The hash of the entry before it; that of ``AuditLink/start`` for the first.
    package let previous: Digest
    /// What happened, under its stored name: a newer program may have stored one that this program does not know.
    package let action: String
    /// Who acted, and from where.
    package let origin: AuditOrigin
    /// What it happened to; nil: the tenant itself.
    package let target: String?
    /// How it stood before and stands now, as canonical JSON; nil: not at all, or it does not matter.
    package let before: [UInt8]?, after: [UInt8]?
    /// How many events the entry stands for.
    package let count: Int64
    /// When it happened.
    package let at: Timestamp

    /// An entry as stored; nothing is checked.
    package init(
        link: AuditLink, previous: Digest, action: String, origin: AuditOrigin, target: String?, before: [UInt8]?,
        after: [UInt8]?, count: Int64, at: Timestamp
    ) {
        self.link = link
        self.previous = previous
        self.action = action
        self.origin = origin
        self.target = target
        self.before = before
        self.after = after
        self.count = count
        self.at = at
    }

    /// The draft as the entry after `head`.
    package init(_ draft: AuditDraft, after head: AuditLink) {
        let text = AuditText(draft, sequence: head.sequence + 1)
        self.init(
            link: AuditLink(
                tenant: draft.tenant, sequence: head.sequence + 1,
                month: max(head.month, Int64(Month(of: draft.at).number)), hash: text.hash(after: head.hash)),
            previous: head.hash, action: draft.action.rawValue, origin: draft.origin, target: draft.target,
            before: draft.before, after: draft.after, count: draft.count, at: draft.at)
    }
}

/// A place in a chain.
package struct AuditLink: Sendable, Equatable {
    /// Whose chain; nil: the operator's.
    package let tenant: Tenant.ID?
    /// The number of the entry, from 1 without gaps; 0: before the first.
    package let sequence: Int64
    /// The month it is kept under, such as 202611: that of its time, but never one before its predecessor's.
    ///
    /// So a month that is dropped takes the oldest entries of a chain and leaves no hole, whatever clocks did.
    package let month: Int64
    /// The hash of the entry.
    package let hash: Digest

    /// A place.
    package init(tenant: Tenant.ID?, sequence: Int64, month: Int64, hash: Digest) {
        self.tenant = tenant
        self.sequence = sequence
        self.month = month
        self.hash = hash
    }

    /// The place before the first entry: 32 zero bytes are the hash there.
    package static func start(of tenant: Tenant.ID?) -> AuditLink {
        AuditLink(tenant: tenant, sequence: 0, month: 0, hash: .zero)
    }
}

extension AuditLink {
    /// The chain under its stored name: the tenant's identifier, or nothing for the operator's.
    package var chain: String { Self.chain(of: tenant) }

    /// The stored name of a tenant's chain, or of the operator's.
    package static func chain(of tenant: Tenant.ID?) -> String { tenant?.text ?? "" }

    /// Whose chain has this stored name.
    package static func tenant(of chain: String) throws(StoreFailure) -> Tenant.ID? {
        guard !chain.isEmpty else { return nil }
        guard let tenant = Tenant.ID(chain) else { throw .corrupt(cause: "column chain breaks its rules") }
        return tenant
    }
}
