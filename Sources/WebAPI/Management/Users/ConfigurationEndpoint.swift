internal import Domain
internal import Tokens

/// `GET /config`: everything that an SDK needs to set itself up.
struct ConfigurationEndpoint: Sendable {
    let service: HotService
    let tenants: ManageTenants
    let world: World

    func register(on routes: ManagedRoutes) { routes.on(.readConfiguration, use: read) }

    private func read(_ call: ManagedCall) async throws -> HotResponse {
        let id = try call.tenant
        guard let state = try await service.tenant(id, on: call.context.loop) else { throw Failure.notFound }
        let used = try await call.manage(service) { [tenants] () throws(ManagementFailure) in
            try tenants.issuedPairs(id)
        }
        let tenant = state.tenant
        return HotResponse([
            "tenant": JSON(tenant.id.text), "name": JSON(tenant.name),
            "issuer": JSON(String(decoding: state.issuer, as: UTF8.self)), "urls": urls(of: tenant.id),
            "algorithm": JSON(optional: state.ring.active?.algorithm.rawValue),
            "acceptedAlgorithms": accepted(by: state),
            "audiences": ["rest": JSON(deployment.restAudience), "ws": JSON(deployment.wsAudience)],
            "tokenLife": JSON(Int64(tenant.tokenLife)), "plan": JSON(tenant.plan.id.text),
            "limits": [
                "rate": JSON(Int64(state.limit.rate)), "burst": JSON(Int64(state.limit.burst)),
                "customBytes": JSON(Int64(UserLimits.customBytes)),
            ],
            "quota": [
                "pairs": JSON(tenant.quota), "used": JSON(used), "remaining": JSON(max(0, tenant.quota - used)),
                "resetAt": JSON(world.now().adding(seconds: Month.secondsLeft(at: world.now())).description),
            ],
        ])
    }

    private var deployment: Deployment { service.directory.deployment }

    private func urls(of tenant: Tenant.ID) -> JSON {
        let base = deployment.publicURL
        return [
            "public": JSON(base), "tokens": JSON(base + "/tokens"), "verify": JSON(base + "/verify"),
            "users": JSON(base + "/users"), "jwks": JSON("\(base)/t/\(tenant)/.well-known/jwks.json"),
            "metadata": JSON("\(base)/.well-known/oauth-authorization-server/t/\(tenant)"),
        ]
    }

    /// The algorithms by which tokens that are still valid may be signed, each once.
    private func accepted(by state: TenantState) -> JSON {
        let names = Set(state.ring.entries.filter(\.state.verifies).map(\.key.algorithm.rawValue))
        return JSON(names.sorted().map { JSON($0) })
    }
}
