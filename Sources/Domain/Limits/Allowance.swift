/// One limit of one tenant, key, user or grant, and this node's own record of it.
///
/// A class, since every request is handed on with it.
package final class Allowance: Sendable {
    /// Whom a limit counts by.
    package enum Subject: Sendable, Equatable {
        case tenant
        case key(APIKey.ID)
        case user(User.ID)
        /// What is refreshed: the refresh token tells its grant, but not the user.
        case grant(Grant.ID)
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
