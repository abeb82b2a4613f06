internal import Synchronization

/// The cut-offs of every tenant's users that can still matter, so that no verification asks the database.
///
/// Loaded whole when a server starts and kept in step by the change log. What is older than any token is forgotten, a
/// generation at a time: an entry takes about 60 bytes for at most 50 hours after its user was deactivated,
/// reactivated or erased. While nobody was, a question costs one load of an atomic.
package final class UserCutoffs: Sendable {
    private struct Entry {
        let changedAt: Timestamp
        let isDeactivated: Bool
    }

    private typealias Generation = [Tenant.ID: [UserReference: Entry]]

    private struct State {
        var young: Generation = [:], old: Generation = [:]
        /// When the young generation began.
        var begun: Timestamp?

        func entry(_ tenant: Tenant.ID, _ reference: UserReference) -> Entry? {
            young[tenant]?[reference] ?? old[tenant]?[reference]
        }
    }

    private let state = Mutex(State())
    private let isUsed = Atomic<Bool>(false)

    /// No cut-offs.
    package init() {}

    /// Takes in a cut-off at the moment `now`, unless a later one of the same user is known.
    package func apply(_ cutoff: UserCutoff, now: Timestamp) {
        let forgotten = state.withLock { state -> Generation in
            var forgotten: Generation = [:]
            if let begun = state.begun, begun.adding(seconds: UserCutoff.life) <= now {
                forgotten = state.old
                (state.old, state.young, state.begun) = (state.young, [:], now)
            }
            state.begun = state.begun ?? now
            if let known = state.entry(cutoff.tenant, cutoff.reference), known.changedAt >= cutoff.changedAt {
                return forgotten
            }
            state.young[cutoff.tenant, default: [:]][cutoff.reference] = Entry(
                changedAt: cutoff.changedAt, isDeactivated: cutoff.isDeactivated)
            return forgotten
        }
        // Let go of outside the lock: it may be large.
        withExtendedLifetime(forgotten) {}
        isUsed.store(true, ordering: .releasing)
    }

    /// Why a token of the user that was born at this moment is not honoured; nil: it is.
    package func refusal(_ tenant: Tenant.ID, _ user: User.ID, born: Timestamp) -> Verdict.Refusal? {
        guard isUsed.load(ordering: .acquiring) else { return nil }
        return look(tenant, user, born: born)
    }

    private func look(_ tenant: Tenant.ID, _ user: User.ID, born: Timestamp) -> Verdict.Refusal? {
        // Most tenants have none: the reference, a hash, is made only for those that do.
        guard state.withLock({ $0.young[tenant] != nil || $0.old[tenant] != nil }) else { return nil }
        let reference = UserReference(tenant, user)
        guard let entry = state.withLock({ $0.entry(tenant, reference) }) else { return nil }
        if entry.isDeactivated { return .userDeactivated }
        return born <= entry.changedAt ? .revoked : nil
    }

    /// Entries held now.
    package var count: Int {
        state.withLock { state in
            (Array(state.young.values) + Array(state.old.values)).reduce(0) { $0 + $1.count }
        }
    }
}
