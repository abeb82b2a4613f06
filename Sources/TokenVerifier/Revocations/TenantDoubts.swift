internal import Synchronization

/// Tenants of which something came that could not be checked: what it revokes is not known, so that none of their
/// tokens may pass until the feed has been read again from there.
final class TenantDoubts: Sendable {
    /// What has to be read again.
    struct Doubt: Sendable {
        /// After which place.
        var place: Int64
        /// How far the documents say to lead, how many they are, and when the last came, in milliseconds of the clock.
        var claimed: Int64, count = 1, cameAt: Int64
        /// Whether all of them name HS256, whose key is in no JWK set.
        var isShared: Bool
        /// Rounds until it is tried again, and until the time after that.
        fileprivate var wait = 0, pause = 1
    }

    private let doubts = Mutex<[String: Doubt]>([:])

    private static let mostTenants = 10_000
    /// Rounds between two attempts at most.
    private static let longestPause = 50
    /// Milliseconds after which even a node that lags behind either has what came, or answers no more.
    private static let lag: Int64 = 60_000

    /// Whether the tenant is in doubt.
    func contains(_ tenant: String) -> Bool { doubts.withLock { $0[tenant] != nil } }

    /// The place after which something is missing; nil where nothing is.
    ///
    /// Tenants without any key here do not count: nobody is let in whom their revocations could concern.
    var place: Int64? {
        doubts.withLock { $0.values.lazy.filter { !$0.isShared }.map(\.place).min() }
    }

    /// Notes a document that could not be checked, found after a place; false where there are too many tenants.
    func add(_ tenant: String, after place: Int64, claimed: Int64, isShared: Bool, now: Int64) -> Bool {
        doubts.withLock { doubts in
            guard var doubt = doubts[tenant] else {
                guard doubts.count < Self.mostTenants else { return false }
                doubts[tenant] = Doubt(place: place, claimed: claimed, cameAt: now, isShared: isShared)
                return true
            }
            doubt.place = min(doubt.place, place)
            doubt.claimed = max(doubt.claimed, claimed)
            doubt.count += 1
            doubt.cameAt = now
            doubt.isShared = doubt.isShared && isShared
            doubts[tenant] = doubt
            return true
        }
    }

    /// Begins a round: some of those whose time has come.
    func due(atMost most: Int) -> [(tenant: String, doubt: Doubt)] {
        doubts.withLock { doubts in
            var due: [(tenant: String, doubt: Doubt)] = []
            for (tenant, doubt) in doubts {
                if doubt.wait > 0 {
                    doubts[tenant]?.wait -= 1
                } else if due.count < most {
                    due.append((tenant, doubt))
                }
            }
            return due
        }
    }

    /// Has the tenant wait longer than the last time.
    func postpone(_ tenant: String) {
        doubts.withLock { doubts in
            guard var doubt = doubts[tenant] else { return }
            doubt.wait = doubt.pause
            doubt.pause = min(doubt.pause * 2, Self.longestPause)
            doubts[tenant] = doubt
        }
    }

    /// Ends the doubt once everything through a place has been read, beginning when the doubt was as given; false where
    /// more came meanwhile, or less was told than the documents say there is.
    ///
    /// What they say is not signed by anybody: it counts only for as long as a node could truly lack it.
    func settle(_ tenant: String, _ doubt: Doubt, through place: Int64, now: Int64) -> Bool {
        doubts.withLock { doubts in
            guard let latest = doubts[tenant] else { return true }
            guard latest.count == doubt.count, place >= latest.claimed || now - latest.cameAt >= Self.lag else {
                return false
            }
            doubts[tenant] = nil
            return true
        }
    }
}
