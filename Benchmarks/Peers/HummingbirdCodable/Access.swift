// swift-format-ignore-file: NeverForceUnwrap
import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import Synchronization

/// Who asks: found by the SHA-256 hash of the presented key.
struct APIKey: Sendable {
    let id: String
    let tenant: String
    let scopes: Set<String>
    let rate: Double
    let burst: Double
    let kid: String
}

struct TenantContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    var apiKey: APIKey?

    init(source: Source) {
        self.coreContext = .init(source: source)
    }

    var maxUploadSize: Int { 16_384 }

    func requireKey() throws -> APIKey {
        guard let apiKey else { throw HTTPError(.unauthorized, message: "Invalid API key") }
        return apiKey
    }
}

/// Keys in use, loaded from the database on a miss.
final class KeyCache: Sendable {
    private let store: Store
    private let keys = Mutex<[Data: APIKey]>([:])

    init(store: Store) {
        self.store = store
    }

    func key(presented: String) async throws -> APIKey? {
        let hash = Data(SHA256.hash(data: Data(presented.utf8)))
        if let key = self.keys.withLock({ $0[hash] }) { return key }
        guard let key = try await self.store.key(hash: hash) else { return nil }
        self.keys.withLock { $0[hash] = key }
        return key
    }
}

struct APIKeyMiddleware: RouterMiddleware {
    let keys: KeyCache
    let scope: String

    func handle(
        _ request: Request, context: TenantContext, next: (Request, TenantContext) async throws -> Response
    ) async throws -> Response {
        guard let presented = request.headers[.apiKey], let key = try await self.keys.key(presented: presented) else {
            throw HTTPError(.unauthorized, message: "Invalid API key")
        }
        guard key.scopes.contains(self.scope) else { throw HTTPError(.forbidden, message: "scope_missing") }
        var context = context
        context.apiKey = key
        return try await next(request, context)
    }
}

/// GCRA per tenant: one theoretical arrival time each, in seconds.
final class RateLimiter: Sendable {
    private let arrivals = Mutex<[String: Double]>([:])

    func admit(_ key: APIKey, now: Double) -> (admitted: Bool, remaining: Int, resetIn: Int) {
        self.arrivals.withLock { arrivals in
            let arrival = max(arrivals[key.tenant] ?? now, now) + 1 / key.rate
            let room = now + key.burst / key.rate - arrival
            if room >= 0 { arrivals[key.tenant] = arrival }
            return (room >= 0, max(0, Int(room * key.rate)), Int((arrival - now).rounded(.up)))
        }
    }
}

struct RateLimitMiddleware: RouterMiddleware {
    let limiter: RateLimiter

    func handle(
        _ request: Request, context: TenantContext, next: (Request, TenantContext) async throws -> Response
    ) async throws -> Response {
        let key = try context.requireKey()
        let limit = self.limiter.admit(key, now: Date().timeIntervalSince1970)
        guard limit.admitted else { throw HTTPError(.tooManyRequests, headers: [.retryAfter: "\(limit.resetIn)"]) }
        var response = try await next(request, context)
        let window = Int((key.burst / key.rate).rounded(.up))
        response.headers[.rateLimitPolicy] = "\"tenant\";q=\(Int(key.burst));w=\(window)"
        response.headers[.rateLimit] = "\"tenant\";r=\(limit.remaining);t=\(limit.resetIn)"
        return response
    }
}

// Literals that are header names by inspection.
extension HTTPField.Name {
    static let apiKey = Self("X-API-Key")!
    static let rateLimit = Self("RateLimit")!
    static let rateLimitPolicy = Self("RateLimit-Policy")!
    static let chatTenant = Self("X-Chat-Tenant")!
    static let chatUser = Self("X-Chat-User")!
    static let chatGrant = Self("X-Chat-Grant")!
}
