internal import Tokens

/// A revocation that is decided but not yet stored.
package struct RevocationDraft: Sendable {
    /// Whose tokens.
    package let tenant: Tenant.ID
    /// Which of them.
    package let subject: Revocation.Subject
    /// Up to when grants are void; nil: all that are born up to ``at``, and this one if it is one grant.
    package let issuedBefore: Timestamp?
    /// What was said about it.
    package let reason: String
    /// When it was asked for.
    package let at: Timestamp
    /// What the audit log will say, if it is not said elsewhere in the same transaction.
    package let audit: AuditDraft?
    /// Who asked, as the audit log names him.
    package let by: String

    /// A draft.
    package init(
        tenant: Tenant.ID, subject: Revocation.Subject, issuedBefore: Timestamp? = nil, reason: String = "",
        by origin: AuditOrigin, isAudited: Bool = true, at moment: Timestamp
    ) {
        self.tenant = tenant
        self.subject = subject
        self.issuedBefore = issuedBefore
        self.reason = reason
        at = moment
        by = origin.actor
        audit =
            isAudited
            ? AuditDraft(
                .tokensRevoked, for: tenant, by: origin,
                target: Self.target(subject, of: tenant),
                after: ["reason": .init(reason)], at: moment) : nil
    }

    /// Tells offline verifiers of a user who was deactivated or erased by an act that the audit log has already.
    ///
    /// Nodes go by the user's cut-off, which also says which of the two it was; and of the user a hash is enough.
    package static func userGone(_ id: User.ID, _ tenant: Tenant.ID, _ audit: AuditDraft) -> RevocationDraft {
        RevocationDraft(
            tenant: tenant, subject: .userHash(UserReference(tenant, id)), by: audit.origin, isAudited: false,
            at: audit.at)
    }

    /// Tells offline verifiers of a signing key that was revoked by an act that the audit log has already.
    ///
    /// Nodes go by the state of the key, others by the key set; who has the secret of an HS256 key has nothing else.
    package static func keyGone(_ kid: String, _ tenant: Tenant.ID, _ audit: AuditDraft) -> RevocationDraft {
        RevocationDraft(
            tenant: tenant, subject: .signingKey(kid), by: audit.origin, isAudited: false, at: audit.at)
    }

    /// The target as the audit log keeps it: of a user a hash, so that erasing him leaves nothing.
    private static func target(_ subject: Revocation.Subject, of tenant: Tenant.ID) -> String? {
        switch subject {
        case .tenant: nil
        case .user(let id): "user \(UserReference(tenant, id).text)"
        case .userHash(let reference): "user \(reference.text)"
        case .grant, .apiKey, .signingKey, .label: "\(subject.kind.rawValue) \(subject.text)"
        }
    }

    /// The cut-off that is asked for.
    ///
    /// A grant of the running millisecond is void, one of the next is not. A single grant is void however far ahead
    /// the clock was by which it was born.
    package var cutoff: Timestamp {
        if let issuedBefore { return issuedBefore }
        let next = at.milliseconds + 1
        guard case .grant(let id) = subject else { return Timestamp(milliseconds: next) }
        return Timestamp(milliseconds: max(next, id.birth.milliseconds + 1))
    }

    /// What becomes of the draft, given the newest cut-off that is stored for its subject.
    ///
    /// A grant is revoked once. Any other revocation covers this one if it reaches as far. Where the stored cut-off is
    /// ahead of this node's clock, by which another node issued tokens meanwhile, the new one is ahead of it too.
    package func settled(after prior: Revocation?) -> Settlement {
        guard let prior, prior.expiresAt > at else { return .new(cutoff: cutoff) }
        if subject.kind == .grant || prior.cutoff == cutoff { return .covered(prior) }
        guard prior.cutoff > cutoff else { return .new(cutoff: cutoff) }
        guard issuedBefore == nil else { return .covered(prior) }
        return .new(cutoff: Timestamp(milliseconds: prior.cutoff.milliseconds + 1))
    }

    /// What becomes of a draft.
    package enum Settlement: Sendable, Equatable {
        /// It is stored with this cut-off.
        case new(cutoff: Timestamp)
        /// It says nothing that this one has not said.
        case covered(Revocation)
    }

    /// The draft as it is stored.
    package func stored(as sequence: Int64, cutoff: Timestamp) -> Revocation {
        Revocation(
            sequence: sequence, tenant: tenant, subject: subject, cutoff: cutoff, reason: reason, by: by, createdAt: at,
            expiresAt: at.adding(seconds: Revocation.life))
    }

    /// The place in the log of what is stored at `moment` after the place `newest`.
    ///
    /// It begins with the time, so that it grows on where a log was pruned empty, copied, or set back from a backup.
    package static func sequence(after newest: Int64, at moment: Timestamp) -> Int64 {
        max(newest + 1, moment.milliseconds * 1_000)
    }

    /// A place in the log before which nothing is alive at `moment`.
    package static func oldestLive(at moment: Timestamp) -> Int64 {
        (moment.milliseconds - Revocation.life * 1_000) * 1_000
    }
}
