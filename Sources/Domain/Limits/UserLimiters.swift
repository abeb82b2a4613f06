internal import Synchronization

/// The running state of limits by user, of all tenants, bounded; what a grant refreshes is counted here too.
///
/// Users and grants are known by a hash that is seeded at random in each process: two that met in one entry would share a limit,
/// which among a million happens once in ten million runs. Beyond the capacity those that were not seen for longest
/// are forgotten, and begin with a full burst again.
package final class UserLimiters: Sendable {
    private let limiters: Mutex<BoundedCache<Int, RateLimiter>>

    /// A table for so many users; takes memory only as they come.
    package init(capacity: Int = 500_000) {
        limiters = Mutex(BoundedCache(capacity: capacity))
    }

    /// The state of the user's limit.
    package func limiter(_ tenant: Tenant.ID, _ user: User.ID) -> RateLimiter { limiter(of: tenant, user) }

    /// The state of the limit by which the grant is refreshed.
    package func limiter(_ tenant: Tenant.ID, _ grant: Grant.ID) -> RateLimiter { limiter(of: tenant, grant) }

    private func limiter(of tenant: Tenant.ID, _ party: some Hashable) -> RateLimiter {
        var hasher = Hasher()
        hasher.combine(tenant)
        hasher.combine(party)
        let place = hasher.finalize()
        return limiters.withLock { limiters in
            if let known = limiters.value(place) { return known }
            let made = RateLimiter()
            limiters.insert(made, for: place)
            return made
        }
    }

    /// Users and grants whose limits are held.
    package var count: Int { limiters.withLock { $0.count } }
}
