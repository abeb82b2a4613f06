internal import Domain
internal import HTTPTypes
internal import Hummingbird

/// Registers endpoints of managed routes, each behind the check of who may call it.
final class ManagedRoutes {
    private let router: Router<MainContext>
    private let check: AccessCheck
    private var missing = Set(ManagedRoute.allCases)

    init(on router: Router<MainContext>, check: AccessCheck) {
        self.router = router
        self.check = check
    }

    /// Has the endpoint answer the route.
    func on(
        _ route: ManagedRoute, use endpoint: @escaping @Sendable (ManagedCall) async throws -> HotResponse
    ) {
        onStream(route) { call in try await endpoint(call).converted() }
    }

    /// Has the endpoint answer the route with a body of any length.
    func onStream(
        _ route: ManagedRoute, use endpoint: @escaping @Sendable (ManagedCall) async throws -> Response
    ) {
        guard let method = HTTPRequest.Method(rawValue: route.method), missing.remove(route) != nil else {
            preconditionFailure("\(route) cannot be registered, or was before")
        }
        for path in [route.template] + route.shadowed {
            router.on(RouterPath(path), method: method) { [check] request, context in
                let call = try await check(route, request, context)
                let response = try await endpoint(call)
                if route.isAct, response.status.code < 400 { check.service.observer.log.note(call.act(route)) }
                return response
            }
        }
    }

    /// Traps where a route of the table has no endpoint.
    func finish() {
        precondition(missing.isEmpty, "routes without an endpoint: \(missing)")
    }
}
