package import Tokens

/// A server-to-server credential; its secret is shown once and stored only as a hash.
package struct APIKey: Sendable, Equatable {
    /// The public part of a key: 12 base62 characters, which say nothing about the secret.
    package struct ID: Sendable, Hashable, CustomStringConvertible {
        /// The identifier as text; short enough to live without an allocation.
        package let text: String

        /// The identifier, or nil where the text is not 12 base62 characters.
        package init?(_ text: String) {
            guard text.utf8.count == APIKey.idLength, text.utf8.allSatisfy(Base62.isDigit) else { return nil }
            self.text = text
        }

        /// The identifier whose text is known to be 12 base62 characters.
        init(checked text: String) {
            self.text = text
        }

        package var description: String { text }
    }

    /// Whose tokens a key has to do with.
    package enum Owner: Sendable, Equatable {
        /// A tenant's backend.
        case tenant(Tenant.ID)
        /// A chat node or gateway of the operator: verifies every tenant's tokens.
        case node
        /// The operator.
        case `operator`
    }

    /// Why a key was taken back, and when.
    package struct Revocation: Sendable, Equatable {
        /// When it was revoked.
        package let at: Timestamp
        /// What was said about it; may be empty.
        package let reason: String
        /// Who did it, such as `key Zk3vQ9wLm2Xa` or `operator`; nil: not recorded.
        package let by: String?

        /// A revocation.
        package init(at: Timestamp, reason: String, by: String? = nil) {
            self.at = at
            self.reason = reason
            self.by = by
        }
    }

    /// How a key has been used, over all its secrets and all nodes.
    package struct Usage: Sendable, Equatable {
        /// How often it was accepted.
        package var count: Int64
        /// When it was last accepted; nil: never.
        package var lastUsedAt: Timestamp?

        /// A usage; none unless given.
        package init(count: Int64 = 0, lastUsedAt: Timestamp? = nil) {
            self.count = count
            self.lastUsedAt = lastUsedAt
        }
    }

    /// The hash of a secret that was rotated away but still works for a while.
    package struct Former: Sendable, Equatable {
        /// SHA-256 of the old secret.
        package let hash: Digest
        /// The last moment at which it works.
        package let until: Timestamp

        /// A former secret.
        package init(hash: Digest, until: Timestamp) {
            self.hash = hash
            self.until = until
        }
    }

    /// What is known of a key that another system issued: its text after the prefix can be anything.
    package struct Imported: Sendable, Equatable {
        /// What such keys begin with.
        package let prefix: String
        /// SHA-256 of the whole key, by which it is found; unique over all keys.
        package let hash: Digest

        /// What was imported.
        package init(prefix: String, hash: Digest) {
            self.prefix = prefix
            self.hash = hash
        }
    }

    /// Where somebody found a secret of the key who should not have seen it.
    package struct Leak: Sendable, Equatable {
        /// When it was last reported.
        package let at: Timestamp
        /// Where it was found, such as an address or a path.
        package let place: String
        /// Since when the key is out of use for it; nil: it was only reported, or was released.
        package var quarantinedAt: Timestamp?

        /// The place of what was found nobody says where; it is never one that is known already.
        package static let unknownPlace = "unknown"

        /// A leak.
        package init(at: Timestamp, place: String, quarantinedAt: Timestamp?) {
            self.at = at
            self.place = place
            self.quarantinedAt = quarantinedAt
        }
    }

    /// The public part.
    package let id: ID
    /// Whose key it is.
    package let owner: Owner
    /// What people call it.
    package var name: String
    /// What it may do.
    package var scopes: Scopes
    /// SHA-256 of the secret.
    package var secretHash: Digest
    /// The secret before the last rotation, while it still works.
    package var former: Former?
    /// When it was created.
    package let createdAt: Timestamp
    /// When it stops working by itself; nil: never.
    package var expiresAt: Timestamp?
    /// Set once it was taken back.
    package var revocation: Revocation?
    /// Where it may be used from, at most ``mostAddresses``; empty: from everywhere.
    package var allowedAddresses: [AddressRange]
    /// A limit of its own, which holds besides its tenant's and the plan's for keys; nil: none.
    package var rateLimit: RateLimit?
    /// Set for a key that another system issued.
    package let imported: Imported?
    /// Set once its secret was found in the open.
    package var leak: Leak?

    /// The most networks that a key can be held to.
    package static let mostAddresses = 64

    /// A key with the given fields.
    package init(
        id: ID, owner: Owner, name: String, scopes: Scopes, secretHash: Digest, former: Former? = nil,
        createdAt: Timestamp, expiresAt: Timestamp? = nil, revocation: Revocation? = nil,
        allowedAddresses: [AddressRange] = [], rateLimit: RateLimit? = nil, imported: Imported? = nil,
        leak: Leak? = nil
    ) {
        self.id = id
        self.owner = owner
        self.name = name
        self.scopes = scopes
        self.secretHash = secretHash
        self.former = former
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revocation = revocation
        self.allowedAddresses = allowedAddresses
        self.rateLimit = rateLimit
        self.imported = imported
        self.leak = leak
    }

    /// Where the key stands at a moment.
    package enum Status: String, Sendable {
        case active, expired, revoked, quarantined
    }

    /// Whether the key may be used from an address; nil is one that is not known.
    package func allows(_ address: IPAddress?) -> Bool {
        guard !allowedAddresses.isEmpty else { return true }
        guard let address else { return false }
        return allowedAddresses.contains { $0.contains(address) }
    }

    /// Where the key stands at `moment`.
    package func status(at moment: Timestamp) -> Status {
        if revocation != nil { return .revoked }
        if leak?.quarantinedAt != nil { return .quarantined }
        if let expiresAt, expiresAt <= moment { return .expired }
        return .active
    }
}
