/// What an entry of the audit log tells of.
///
/// The names are stored and chained by hash: once released, one never changes its meaning.
package enum AuditAction: String, Sendable, CaseIterable {
    case accountRegistered = "account.registered"
    case loginSucceeded = "account.login"
    case loginFailed = "account.login_failed"
    case loggedOut = "account.logout"
    case passwordChanged = "account.password_changed"
    case sessionRevoked = "session.revoked"

    case memberInvited = "member.invited"
    case memberJoined = "member.joined"
    case memberChanged = "member.changed"
    case memberRemoved = "member.removed"
    case invitationWithdrawn = "member.invitation_withdrawn"

    case keyCreated = "key.created"
    case keyImported = "key.imported"
    case keyChanged = "key.changed"
    case keyRotated = "key.rotated"
    case keyRevoked = "key.revoked"
    case keyQuarantined = "key.quarantined"
    case keyLeakReported = "key.leak_reported"
    case keyReleased = "key.released"
    case keyFirstUsed = "key.first_used"

    case signingKeyCreated = "signing_key.created"
    case signingKeyActivated = "signing_key.activated"
    case signingKeyRetired = "signing_key.retired"
    case signingKeyRevoked = "signing_key.revoked"
    case signingKeyExported = "signing_key.exported"

    case tenantCreated = "tenant.created"
    case tenantChanged = "tenant.changed"
    case tenantSuspended = "tenant.suspended"
    case tenantResumed = "tenant.resumed"
    case tenantDeleted = "tenant.deleted"

    case planCreated = "plan.created"
    case planChanged = "plan.changed"
    case planDeleted = "plan.deleted"

    case userDeactivated = "user.deactivated"
    case userReactivated = "user.reactivated"
    case userPurged = "user.purged"

    case tokensRevoked = "tokens.revoked"
    case refreshReused = "grant.refresh_reused"

    case masterKeyRotated = "master_key.rotated"

    case auditPruned = "audit.pruned"

    case callerRefused = "access.refused"
    case credentialsRefused = "access.credentials_refused"
}
