/// How many signing keys a tenant has, as far as there are rules about it.
package struct SigningKeyCount: Sendable, Equatable {
    /// The most keys of a tenant that verify; verifiers read no more than 100 of a key set.
    package static let most = 16

    /// Keys that sign: one, or none where the tenant is half set up.
    let active: Int64
    /// Keys that verify: on standby, active, or retired since ``oldestRetirement(at:)``.
    let verifying: Int64

    /// A count.
    package init(active: Int64, verifying: Int64) {
        self.active = active
        self.verifying = verifying
    }

    /// Whether there may be one key more, where at most `limit` may verify.
    package func hasRoom(upTo limit: Int) -> Bool { verifying < limit }

    /// Whether this may become the other by a change of states: who signs goes on signing, and verifiers do not get
    /// more keys than they may read.
    package func mayBecome(_ other: SigningKeyCount) -> Bool {
        (other.active > 0 || active == 0) && other.verifying <= max(verifying, Int64(Self.most))
    }

    /// A key that was retired at this moment or earlier verifies nothing any more at `moment`: no token of it is alive.
    package static func oldestRetirement(at moment: Timestamp) -> Timestamp {
        moment.adding(seconds: -SealedKey.lifeInRetirement)
    }
}
