/// A statement of this deployment, signed, that a chain had this place at a certain time.
///
/// Whoever keeps one outside of the database notices when entries up to it are changed or cut off.
package struct AuditCheckpoint: Sendable, Equatable {
    /// Whose chain; nil: the operator's.
    package let tenant: Tenant.ID?
    /// The number of the newest entry then.
    package let sequence: Int64
    /// When it was signed.
    package let signedAt: Timestamp
    /// The compact JWS.
    package let statement: String

    /// A checkpoint as stored.
    package init(tenant: Tenant.ID?, sequence: Int64, signedAt: Timestamp, statement: String) {
        self.tenant = tenant
        self.sequence = sequence
        self.signedAt = signedAt
        self.statement = statement
    }
}

/// A key that signs checkpoints, as it lies in the database.
package struct SealedAuditKey: Sendable, Equatable {
    /// Its name.
    package let kid: String
    /// Its private JWK under the master key.
    package let sealed: [UInt8]
    /// When it was made.
    package let createdAt: Timestamp

    /// A key as stored.
    package init(kid: String, sealed: [UInt8], createdAt: Timestamp) {
        self.kid = kid
        self.sealed = sealed
        self.createdAt = createdAt
    }
}

/// The kinds of statements about a chain, by the `typ` of their headers.
package enum AuditStatement {
    /// Where a chain was at some time.
    package static let checkpoint = "audit-checkpoint+jwt"
    /// What an export holds, which is its last line.
    package static let export = "audit-export+jwt"
}
