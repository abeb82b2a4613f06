import Foundation
import Hummingbird
import JWTKit

/// The server one would write first with Hummingbird: router, middleware, Codable, jwt-kit, a GRDB write a request.
@main
struct App {
    static func main() async throws {
        let environment = ProcessInfo.processInfo.environment
        let port = Int(environment["PORT"] ?? "") ?? 8080
        let store = try Store(path: environment["DATABASE"] ?? "peer.db")
        let publicURL = environment["PUBLIC_URL"] ?? "http://127.0.0.1:\(port)"
        let tokens = await Tokens(keys: try store.signingKeys(), publicURL: publicURL)
        let router = Router(context: TenantContext.self)
        router.get("/t/{tenant}/.well-known/jwks.json") { _, _ in JWKSet() }
        router.group()
            .add(middleware: APIKeyMiddleware(keys: KeyCache(store: store), scope: "tokens:issue"))
            .add(middleware: RateLimitMiddleware(limiter: RateLimiter()))
            .post("/tokens", use: IssueController(store: store, tokens: tokens).issue)
        let verify = VerifyController(tokens: tokens)
        router.group()
            .add(middleware: APIKeyMiddleware(keys: KeyCache(store: store), scope: "tokens:verify"))
            .post("/verify", use: verify.post)
            .get("/verify", use: verify.get)
        let app = Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: port), backlog: 1024))
        try await app.runService()
    }
}

struct JWKSet: ResponseEncodable {
    var keys: [String] = []
}
