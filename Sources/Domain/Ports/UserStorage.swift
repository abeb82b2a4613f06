/// The part of the database that manages users; each method is one transaction.
package protocol UserStorage: Sendable {
    /// The user with what only management shows; nil where there is none.
    func userRecord(_ tenant: Tenant.ID, _ id: User.ID) throws(StoreFailure) -> UserRecord?
    /// Users in the order of their identifiers' bytes, at most `limit`.
    ///
    /// - Parameters:
    ///   - tenant: whose users.
    ///   - id: those after this one, whether or not it still exists; nil: from the first.
    ///   - status: only those; nil: all.
    ///   - limit: the most users returned.
    /// - Returns: the users.
    /// - Throws: `unavailable` where the database does not answer.
    func userRecords(
        of tenant: Tenant.ID, after id: User.ID?, status: User.Status?, limit: Int
    ) throws(StoreFailure) -> [UserRecord]

    /// Carries out the changes in order, adding users that are missing; a user's status stays as it is.
    ///
    /// - Parameters:
    ///   - changes: of as many users as can be changed in a second or two.
    ///   - tenant: whose users.
    ///   - moment: when.
    /// - Returns: for each change the user as it is afterwards, and whether it is new.
    /// - Throws: `missing` where there is no such tenant.
    func upsert(
        _ changes: [UserChange], of tenant: Tenant.ID, at moment: Timestamp
    ) throws(StoreFailure) -> [UserUpsert]
    /// Replaces a profile by what `body` makes of it, with nobody changing it meanwhile.
    ///
    /// - Parameters:
    ///   - id: the user.
    ///   - tenant: whose user.
    ///   - moment: when.
    ///   - body: the new profile; nil: everything stays. May be called again where another node was faster.
    /// - Returns: the user as it is afterwards.
    /// - Throws: `missing` where there is no such user.
    func change(
        _ id: User.ID, of tenant: Tenant.ID, at moment: Timestamp, _ body: (User) -> User?
    ) throws(StoreFailure) -> UserRecord

    /// Deactivates or reactivates the user.
    ///
    /// - Returns: from when on which tokens are honoured; nil where the user had the status already.
    /// - Throws: `missing` where there is no such user.
    func setStatus(
        _ status: User.Status, of id: User.ID, of tenant: Tenant.ID, at moment: Timestamp,
        recording audit: AuditDraft
    ) throws(StoreFailure) -> UserCutoff?
    /// Erases the user: no text of any table names the person afterwards.
    ///
    /// What was counted stays counted, and the user's tokens are refused. A user of the same identifier may come anew.
    /// - Returns: from when on which tokens are honoured.
    /// - Throws: `missing` where there is no such user.
    func purge(
        _ id: User.ID, of tenant: Tenant.ID, at moment: Timestamp, recording audit: AuditDraft
    ) throws(StoreFailure) -> UserCutoff
    /// The cut-offs of all tenants that changed after the moment.
    func userCutoffs(after moment: Timestamp) throws(StoreFailure) -> [UserCutoff]
}

/// What became of a ``UserChange``.
package struct UserUpsert: Sendable, Equatable {
    /// The user as it is now.
    package let record: UserRecord
    /// Whether there was no such user before.
    package let isNew: Bool

    /// An outcome.
    package init(record: UserRecord, isNew: Bool) {
        self.record = record
        self.isNew = isNew
    }
}
