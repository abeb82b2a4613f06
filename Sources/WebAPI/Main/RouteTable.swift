internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import NIOHTTP1

/// Every route of the server, as openapi.yaml names them; a test holds the two equal.
package enum RouteTable {
    /// A method and a path template.
    package struct Route: Sendable, Hashable {
        /// The HTTP method in upper case.
        package let method: String
        /// The path with parameters in braces.
        package let template: String
    }

    /// All of them.
    package static let all: [Route] =
        own + ManagedRoute.allCases.map { Route(method: $0.method, template: $0.template) }

    private static let own: [Route] = [
        Route(method: "POST", template: "/tokens"),
        Route(method: "POST", template: "/verify"),
        Route(method: "GET", template: "/verify"),
        Route(method: "POST", template: "/verify/batch"),
        Route(method: "POST", template: "/centrifugo/connect"),
        Route(method: "POST", template: "/centrifugo/refresh"),
        Route(method: "POST", template: "/tokens/explain"),
        Route(method: "POST", template: "/tokens/refresh"),
        Route(method: "GET", template: "/t/{tenant}/.well-known/jwks.json"),
        Route(method: "POST", template: "/oauth2/introspect"),
        Route(method: "POST", template: "/oauth2/revoke"),
        Route(method: "GET", template: "/.well-known/oauth-authorization-server/t/{tenant}"),
        Route(method: "GET", template: "/.well-known/audit-keys.json"),
        Route(method: "POST", template: "/leaks"),
        Route(method: "GET", template: "/healthz"),
        Route(method: "GET", template: "/readyz"),
        Route(method: "GET", template: "/openapi.yaml"),
        Route(method: "GET", template: "/docs"),
    ]

    /// The route that answers a request, if one does.
    static func route(of request: Request) -> Route? {
        let method = request.method == .head ? "GET" : request.method.rawValue
        let found = matching(request.uri.path).first { $0.method == method }
        if let found { return found }
        let shadowed = ManagedRoute.allCases.first {
            $0.method == method && $0.shadowed.contains(request.uri.path)
        }
        return shadowed.map { Route(method: $0.method, template: $0.template) }
    }

    /// Whether the request is for a hot endpoint.
    static func isHot(_ request: Request) -> Bool {
        HotRoute(method: HTTPMethod(rawValue: request.method.rawValue), path: request.uri.path[...]) != nil
    }

    /// What to say of a request that no route answers: 405 where the path exists for other methods, else 404.
    static func failure(for request: Request) -> Failure {
        var methods = matching(request.uri.path).map(\.method)
        guard !methods.isEmpty else { return .notFound }
        if methods.contains("GET") { methods.append("HEAD") }
        return .methodNotAllowed(allow: methods.joined(separator: ", "))
    }

    private static func matching(_ path: String) -> [Route] {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let found = all.filter { route in
            let template = route.template.split(separator: "/", omittingEmptySubsequences: false)
            return template.count == parts.count
                && zip(template, parts).allSatisfy { $0 == $1 || ($0.hasPrefix("{") && !$1.isEmpty) }
        }
        // A path written out goes before one with parameters, as in the router.
        let literal = found.filter { $0.template == path }
        return literal.isEmpty ? found : literal
    }
}
