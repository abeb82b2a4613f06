package import Tokens

/// A signing key as it is stored: its private part encrypted under the master key.
package struct SealedKey: Sendable, Equatable {
    /// The key's identifier in token headers; unique over all tenants.
    package let kid: String
    /// The algorithm it signs with, and the only one it verifies.
    package let algorithm: SignatureAlgorithm
    /// Its place in the life of a key.
    package var state: KeyState
    /// The private part, sealed for this tenant and kid.
    package let sealed: [UInt8]
    /// When it was created.
    package let createdAt: Timestamp
    /// When its state last changed.
    package var changedAt: Timestamp

    /// A stored key with the given fields.
    package init(
        kid: String, algorithm: SignatureAlgorithm, state: KeyState, sealed: [UInt8], createdAt: Timestamp,
        changedAt: Timestamp
    ) {
        self.kid = kid
        self.algorithm = algorithm
        self.state = state
        self.sealed = sealed
        self.createdAt = createdAt
        self.changedAt = changedAt
    }

    /// Seconds for which other nodes may sign with a key that was just retired, as they have not heard of it; the most
    /// that a deployment can set.
    static let longestStaleness: Int64 = 3_600

    /// Seconds after its retirement for which tokens of a key live.
    static let lifeInRetirement = Int64(Tenant.longestTokenLife) + longestStaleness

    /// When the last token that the key can have signed has expired; nil unless it is retired.
    package var departsAt: Timestamp? {
        state == .retired ? changedAt.adding(seconds: Self.lifeInRetirement) : nil
    }

    /// Whether a token may be alive that it verifies.
    func verifies(at moment: Timestamp) -> Bool {
        state.verifies && (departsAt.map { moment < $0 } ?? true)
    }
}
