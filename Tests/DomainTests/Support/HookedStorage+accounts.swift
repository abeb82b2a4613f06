import Domain
import Tokens

extension HookedStorage {
    func register(_ registration: Registration, recording audit: [AuditDraft]) throws(StoreFailure) {
        try real.register(registration, recording: audit)
    }
    func create(
        _ account: Account, password: PasswordHash, memberOf tenant: (id: Tenant.ID, role: Role)?,
        recording audit: [AuditDraft]
    ) throws(StoreFailure) { try real.create(account, password: password, memberOf: tenant, recording: audit) }
    func account(_ email: EmailAddress) throws(StoreFailure) -> Credentials? { try real.account(email) }
    func accounts() throws(StoreFailure) -> [Account] { try real.accounts() }
    func replacePassword(
        _ former: PasswordHash, by password: PasswordHash, of account: Account.ID, keeping session: Session.ID?,
        recording audit: [AuditDraft]
    ) throws(StoreFailure) -> Int {
        try real.replacePassword(former, by: password, of: account, keeping: session, recording: audit)
    }
    func open(_ session: Session, with password: PasswordHash, recording audit: [AuditDraft]) throws(StoreFailure) {
        try real.open(session, with: password, recording: audit)
    }
    func session(_ id: Session.ID, at moment: Timestamp) throws(StoreFailure) -> Session.Holder? {
        try real.session(id, at: moment)
    }
    func sessions(of account: Account.ID, at moment: Timestamp) throws(StoreFailure) -> [Session] {
        try real.sessions(of: account, at: moment)
    }
    func touch(_ session: Session.ID, at moment: Timestamp) throws(StoreFailure) {
        try real.touch(session, at: moment)
    }
    func end(_ session: Session.ID, of account: Account.ID, recording audit: [AuditDraft]) throws(StoreFailure) {
        try real.end(session, of: account, recording: audit)
    }
    func members(of tenant: Tenant.ID) throws(StoreFailure) -> [Member] { try real.members(of: tenant) }
    func setRole(
        _ role: Role?, of account: Account.ID, in tenant: Tenant.ID, recording audit: [AuditDraft]
    ) throws(StoreFailure) -> RoleChange { try real.setRole(role, of: account, in: tenant, recording: audit) }
    func create(_ invitation: Invitation, recording audit: [AuditDraft]) throws(StoreFailure) {
        try real.create(invitation, recording: audit)
    }
    func invitations(to tenant: Tenant.ID, at moment: Timestamp) throws(StoreFailure) -> [Invitation] {
        try real.invitations(to: tenant, at: moment)
    }
    func invitation(_ tokenHash: Digest, at moment: Timestamp) throws(StoreFailure) -> Invitation? {
        try real.invitation(tokenHash, at: moment)
    }
    func withdraw(_ invitation: Invitation.ID, of tenant: Tenant.ID, recording audit: [AuditDraft])
        throws(StoreFailure)
    { try real.withdraw(invitation, of: tenant, recording: audit) }
    func accept(_ invitation: Invitation, by guest: Guest, at moment: Timestamp, recording audit: [AuditDraft])
        throws(StoreFailure)
    { try real.accept(invitation, by: guest, at: moment, recording: audit) }
    func pruneAccess(before moment: Timestamp, dryRun: Bool) throws(StoreFailure) -> Int {
        try real.pruneAccess(before: moment, dryRun: dryRun)
    }
}
