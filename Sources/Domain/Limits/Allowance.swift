/// One limit of one tenant, key or user, and this node's own record of it.
///
/// A class, since every request is handed on with it.
package final class Allowance: Sendable {
    /// Whom a limit counts by.
    package enum Subject: Sendable, Equatable {
        case tenant
        case key(APIKey.ID)
        case user(User.ID)
    }

    let subject: Subject
    let limit: RateLimit
    let limiter: RateLimiter

    /// An allowance.
    package init(_ subject: Subject = .tenant, limit: RateLimit, limiter: RateLimiter) {
        self.subject = subject
        self.limit = limit
        self.limiter = limiter
    }
}
