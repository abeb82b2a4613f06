internal import Synchronization
internal import Tokens

/// A kind of event that may come thousands of times a second.
package struct SecurityEvent: Sendable, Hashable {
    /// Why somebody was turned away.
    package enum Reason: String, Sendable {
        case wrongSecret = "wrong_secret"
        case revoked, expired, quarantined
        case address = "address_not_allowed"
        case otherTenant = "other_tenant"
    }

    /// Whose log tells of it; nil: the operator's.
    package let tenant: Tenant.ID?
    /// What happened.
    package let action: AuditAction
    /// The key that was used.
    package let key: APIKey.ID
    /// Why it was refused.
    package let reason: Reason

    /// An event with a key of the owner.
    package init(_ action: AuditAction, _ reason: Reason, _ key: APIKey.ID, of owner: APIKey.Owner) {
        tenant = owner.tenant
        self.action = action
        self.key = key
        self.reason = reason
    }
}

/// Security events that were seen on this node and are not yet in the audit log.
///
/// Events of one kind become one entry with their count: the first is stored within seconds, those after it ten minutes
/// later. At most ``capacity`` kinds are told apart, others are only counted together. So a flood of refused requests
/// costs neither memory nor more than some entries a second.
package final class SecurityEvents: Sendable {
    private struct Tally {
        var count: Int64 = 0
        /// When the first of those counted happened, from where and to what.
        var at = Timestamp(milliseconds: 0)
        var address: IPAddress?
        var target: String?
        /// Nanoseconds of the monotonic clock when the last entry was made; nil: there was none.
        var told: Int64?
    }

    private struct State {
        var tallies: [SecurityEvent: Tally] = [:]
        var others = Tally()
    }

    /// The most kinds of events told apart.
    package static let capacity = 256
    /// Nanoseconds between two entries about the same.
    package static let distance: Int64 = 600_000_000_000

    private let state = Mutex(State())

    /// No events yet.
    package init() {}

    /// Counts an event.
    ///
    /// - Parameters:
    ///   - event: its kind.
    ///   - moment: when.
    ///   - address: from where; the first is kept.
    ///   - target: to what; the first is kept.
    package func note(
        _ event: SecurityEvent, at moment: Timestamp, address: IPAddress? = nil, target: String? = nil
    ) {
        state.withLock { state in
            guard state.tallies[event] != nil || state.tallies.count < Self.capacity else {
                return Self.count(&state.others, moment, nil, nil)
            }
            Self.count(&state.tallies[event, default: Tally()], moment, address, target)
        }
    }

    /// Stores what is due in the audit log; blocks.
    ///
    /// - Parameters:
    ///   - storage: the database.
    ///   - now: the monotonic clock.
    ///   - isLast: whether all is due, since the node stops.
    /// - Throws: what the storage throws; what could not be stored is kept for the next call.
    package func flush(
        into storage: any AuditStorage, now: Int64, isLast: Bool = false
    ) throws(StoreFailure) {
        let (due, others) = state.withLock { state in
            let due = state.tallies.filter { _, tally in
                tally.count > 0 && (isLast || tally.told.map { now - $0 >= Self.distance } ?? true)
            }
            for event in due.keys { state.tallies[event] = Tally(told: now) }
            state.tallies = state.tallies.filter { _, tally in
                tally.count > 0 || tally.told.map { now - $0 < Self.distance } ?? false
            }
            let others = state.others
            state.others = Tally()
            return (due, others)
        }
        var drafts = due.map { event, tally in Self.draft(event, tally) }.sorted { $0.at < $1.at }
        if others.count > 0 { drafts.append(Self.draft(others)) }
        guard !drafts.isEmpty else { return }
        do {
            try storage.record(drafts)
        } catch {
            state.withLock { state in
                for (event, tally) in due {
                    let later = state.tallies[event]?.count ?? 0
                    state.tallies[event] = tally
                    state.tallies[event]?.count += later
                }
                state.others.count += others.count
                state.others.at = others.at
            }
            throw error
        }
    }

    private static func count(_ tally: inout Tally, _ moment: Timestamp, _ address: IPAddress?, _ target: String?) {
        if tally.count == 0 { (tally.at, tally.address, tally.target) = (moment, address, target) }
        tally.count += 1
    }

    private static func draft(_ event: SecurityEvent, _ tally: Tally) -> AuditDraft {
        AuditDraft(
            event.action, for: event.tenant,
            by: AuditOrigin(actor: "key \(event.key)", address: tally.address?.description),
            target: tally.target, after: ["reason": JSON(event.reason.rawValue)], count: tally.count, at: tally.at)
    }

    private static func draft(_ others: Tally) -> AuditDraft {
        AuditDraft(
            .credentialsRefused, for: nil, by: AuditOrigin(actor: "many"), after: ["reason": "many"],
            count: others.count, at: others.at)
    }
}
