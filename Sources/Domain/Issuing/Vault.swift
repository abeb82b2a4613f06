package import Tokens

/// Seals signing keys for storage and opens them again.
package struct Vault: Sendable {
    private let master: MasterKey

    /// A vault locked by the master key.
    package init(master: MasterKey) {
        self.master = master
    }

    /// The key in its stored form, bound to the tenant and kid so that rows cannot be swapped.
    package func seal(_ key: SigningKey, state: KeyState, for tenant: Tenant.ID, at moment: Timestamp)
        throws(TokenFailure) -> SealedKey
    {
        SealedKey(
            kid: key.kid, algorithm: key.algorithm, state: state,
            sealed: try seal(key, for: .signingKey(kid: key.kid, tenant: tenant)), createdAt: moment,
            changedAt: moment)
    }

    /// The key ready for use; throws where the master key is another or the row was tampered with.
    package func open(_ sealed: SealedKey, of tenant: Tenant.ID) throws(TokenFailure) -> SigningKey {
        try open(SealedSecret(.signingKey(kid: sealed.kid, tenant: tenant), sealed: sealed.sealed))
    }

    /// The key of the audit log in its stored form.
    package func seal(_ key: SigningKey, at moment: Timestamp) throws(TokenFailure) -> SealedAuditKey {
        SealedAuditKey(
            kid: key.kid, sealed: try seal(key, for: .auditKey(kid: key.kid)), createdAt: moment)
    }

    /// The key of the audit log ready for use.
    package func open(_ sealed: SealedAuditKey) throws(TokenFailure) -> SigningKey {
        try open(SealedSecret(.auditKey(kid: sealed.kid), sealed: sealed.sealed))
    }

    /// A key for one purpose alone, the same on every node; see ``MasterKey/derivedKey(for:)``.
    package func derivedKey(for purpose: String) throws(TokenFailure) -> SigningKey {
        try master.derivedKey(for: purpose)
    }

    /// A vault for one purpose alone; see ``MasterKey/derivedMasterKey(for:)``.
    package func derived(for purpose: String) throws(TokenFailure) -> Vault {
        Vault(master: try master.derivedMasterKey(for: purpose))
    }

    /// A secret in its stored form, bound to what it is for.
    package func seal(_ secret: [UInt8], for purpose: String) throws(TokenFailure) -> [UInt8] {
        try master.seal(secret, context: purpose)
    }

    /// The secret that was sealed for this purpose; throws where the master key or the purpose is another.
    package func open(_ sealed: [UInt8], for purpose: String) throws(TokenFailure) -> [UInt8] {
        try master.open(sealed, context: purpose)
    }

    /// A key in its stored form, bound to its place.
    package func seal(_ key: SigningKey, for place: SealedSecret.Place) throws(TokenFailure) -> [UInt8] {
        try seal(key.secretBytes(), for: place.description)
    }

    /// The key ready for use; throws where the master key is another or the row was tampered with.
    package func open(_ secret: SealedSecret) throws(TokenFailure) -> SigningKey {
        try SigningKey(secretBytes: try open(secret.sealed, for: secret.place.description))
    }
}
