/// What lies in the database under the master key.
package protocol SealedStorage: Sendable {
    /// What tells the right master key from a wrong one; nil where none was stored yet.
    func masterKeyCheck() throws(StoreFailure) -> [UInt8]?
    /// Stores the check value unless there is one, and returns the one that is in force.
    @discardableResult
    func setMasterKeyCheck(_ value: [UInt8]) throws(StoreFailure) -> [UInt8]

    /// From now on nothing sealed is stored, but `unavailable` thrown, unless this is the database's check value.
    ///
    /// What is sealed under a key that was rotated meanwhile would never open again.
    func expectMasterKeyCheck(_ value: [UInt8])

    /// The check value and every sealed secret that is kept for good, read at one moment.
    func sealedSecrets() throws(StoreFailure) -> (check: [UInt8]?, secrets: [SealedSecret])
    /// Puts a new sealing in the place of each secret, and a new master key check in that of the former one.
    ///
    /// Answers kept for an `Idempotency-Key` are sealed too, for minutes: they are removed. `conflict` where anything is
    /// not sealed as it was read, or where there are others.
    func reseal(
        _ secrets: [(former: SealedSecret, sealed: [UInt8])], check: (former: [UInt8], new: [UInt8]),
        recording audit: AuditDraft
    ) throws(StoreFailure)
}

/// A secret as it is stored: the key of one place or another.
package struct SealedSecret: Sendable, Equatable {
    /// Where it is stored.
    package enum Place: Sendable, Equatable, CustomStringConvertible {
        /// The private part of a tenant's signing key.
        case signingKey(kid: String, tenant: Tenant.ID)
        /// The private part of a key that signs the audit log.
        case auditKey(kid: String)
        /// The key of refresh tokens.
        case refreshKey

        /// What the seal is bound to, so that a value moved to another place does not open there.
        package var description: String {
            switch self {
            case .signingKey(let kid, let tenant): "signing_key:\(tenant):\(kid)"
            case .auditKey(let kid): "audit_key:\(kid)"
            case .refreshKey: "refresh_key"
            }
        }
    }

    /// Where it is stored.
    package let place: Place
    /// The secret, sealed for this place.
    package let sealed: [UInt8]

    /// A sealed secret at its place.
    package init(_ place: Place, sealed: [UInt8]) {
        self.place = place
        self.sealed = sealed
    }
}
