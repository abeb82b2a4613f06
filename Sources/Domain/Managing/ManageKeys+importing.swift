package import Tokens

/// A key that another system issued, as whoever moves here knows it.
package struct KeyImport: Sendable {
    /// What people call it, 1 to 255 characters.
    package var name: String
    /// What such keys begin with, such as `zmc_`.
    package var prefix: String
    /// SHA-256 of the whole key as its holder sends it, the prefix included.
    package var hash: Digest
    /// What it may do; nil: ``ManageKeys/defaultScopes(of:)``.
    package var scopes: Scopes?
    /// Until when, from where and how fast it works.
    package var terms: KeyTerms

    /// A key to be imported.
    package init(name: String, prefix: String, hash: Digest, scopes: Scopes? = nil, terms: KeyTerms = KeyTerms()) {
        self.name = name
        self.prefix = prefix
        self.hash = hash
        self.scopes = scopes
        self.terms = terms
    }

    /// Completes the sentence "must be …".
    package static let prefixRule =
        "3 to 32 letters, digits, hyphens and underscores, and must not begin as this server's own keys do"

    static func isFit(prefix: String, besides ours: String) -> Bool {
        (3...32).contains(prefix.utf8.count) && !prefix.hasPrefix(ours) && !ours.hasPrefix(prefix)
            && prefix.utf8.allSatisfy { Base62.isDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }
}

extension ManageKeys {
    /// Makes a key of another system one of this server's: whoever holds it need not change anything.
    ///
    /// Only its hash is ever known here, until a request brings the key itself. Rotating it gives its holder a key of
    /// this server's own kind.
    ///
    /// - Parameters:
    ///   - key: what is known of it.
    ///   - tenant: whose key it is.
    ///   - origin: who does it.
    /// - Returns: the key as stored.
    /// - Throws: `invalid` for bad fields, `conflict` where a key with this hash is there already, `missing` where the
    ///   tenant does not exist.
    package func `import`(
        _ key: KeyImport, for tenant: Tenant.ID, by origin: AuditOrigin
    ) throws(ManagementFailure) -> Record {
        let owner = APIKey.Owner.tenant(tenant)
        let scopes = key.scopes ?? Self.defaultScopes(of: owner)
        var complaints = Self.complaints(owner: owner, name: key.name, scopes: scopes, terms: key.terms)
        if !KeyImport.isFit(prefix: key.prefix, besides: keyPrefix + "_") {
            complaints.append(Failure.Field("prefix", "must be \(KeyImport.prefixRule)"))
        }
        guard complaints.isEmpty else { throw .invalid(complaints) }
        let now = world.now()
        let made = APIKey(
            id: APIKey.Secret(prefix: keyPrefix, world: world).id, owner: owner, name: key.name, scopes: scopes,
            secretHash: key.hash, createdAt: now, expiresAt: key.terms.expiresIn.map { now.adding(seconds: Int64($0)) },
            allowedAddresses: key.terms.allowedAddresses, rateLimit: key.terms.rateLimit,
            imported: APIKey.Imported(prefix: key.prefix, hash: key.hash))
        let audit = AuditDraft(
            .keyImported, for: tenant, by: origin, target: made.auditTarget, after: made.audited, at: now)
        do throws(StoreFailure) {
            try storage.create(made, recording: audit)
        } catch {
            if case .conflict = error { throw .conflict("There already is a key with this hash.") }
            throw ManagementFailure(error, about: "tenant \(tenant)")
        }
        return Record(key: made, usage: APIKey.Usage())
    }
}
